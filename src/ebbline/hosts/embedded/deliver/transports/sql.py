"""Requests that are transactions: PostgreSQL through psycopg, which is an extra.

What a connection string names is looked up once, judged by the guard, and only that is connected
to. A transaction that fails before its commit has certainly changed nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import msgspec

from ebbline.connectors import Failure, Request, Response, Result
from ebbline.connectors.postgres.statements import Transaction
from ebbline.delivery import Limits
from ebbline.hosts.embedded.deliver.guard import Guard, RequestRefused
from ebbline.hosts.embedded.deliver.transport import Lookup, look_up
from ebbline.hosts.embedded.deliver.transports.limits import (
    IDLE_CONNECTIONS_MAX,
    SERVER_FIRST_MS,
)
from ebbline.hosts.embedded.deliver.transports.sql_connecting import (
    Unreadable,
    connect,
    state_of_words,
)

if TYPE_CHECKING:
    import psycopg

_MISSING = "PostgreSQL needs a package of its own: pip install 'ebbline[postgres]'"


class _Attempt(msgspec.Struct):
    """How far a transaction has come."""

    phase: str = "connecting"  # then "working", then "committing"
    connection: Any = None
    reused: bool = False


class SqlTransport:
    """A `Transport`. Connections are kept for the next transaction to the same database."""

    def __init__(self, guard: Guard | None = None, lookup: Lookup = look_up) -> None:
        self._guard = guard or Guard()
        self._lookup = lookup
        self._idle: dict[tuple[tuple[str, str], ...], list[psycopg.AsyncConnection[Any]]] = {}

    async def send(self, request: Request, limits: Limits) -> Result:
        """See `Transport` and `connectors.postgres.statements`."""
        try:
            import psycopg as _  # noqa: F401, PLC0415 - heavy, an extra
        except ImportError:
            return _error("0A000", _MISSING)
        attempt = _Attempt()
        result = await self._try(request, limits, attempt)
        if attempt.reused and attempt.phase == "working" and _is_lost(attempt.connection):
            # It went stale while nobody used it: that says nothing about the database.
            self._idle.pop(request.headers, None)
            result = await self._try(request, limits, _Attempt())
        return result

    async def close(self) -> None:
        """See `Transport`."""
        while self._idle:
            _, connections = self._idle.popitem()
            for connection in connections:
                await connection.close()

    async def _try(self, request: Request, limits: Limits, attempt: _Attempt) -> Result:
        import psycopg  # noqa: PLC0415 - heavy, an extra

        try:
            async with asyncio.timeout(limits.timeout_ms / 1000):
                results = await self._carry_out(request, limits, attempt)
        except RequestRefused as refused:
            return Failure("unsent", f"refused address: {refused}")
        except Unreadable as error:
            return _error("28000", str(error))
        except TimeoutError:
            if attempt.phase == "committing":
                return Failure("timeout", f"no answer within {limits.timeout_ms} ms")
            return Failure("unsent", f"no answer within {limits.timeout_ms} ms; rolled back")
        except psycopg.Error as error:
            return _failed(error, attempt.phase)
        except OSError as error:
            return Failure("unsent", f"{type(error).__name__}: {error}")
        body = msgspec.json.encode({"results": results})
        if len(body) > limits.response_bytes_max:
            return _error("54000", f"more than {limits.response_bytes_max} bytes were selected")
        return Response(200, {"content-type": "application/json"}, body)

    async def _carry_out(self, request: Request, limits: Limits, attempt: _Attempt) -> Any:
        transaction = msgspec.json.decode(request.body, type=Transaction)
        waiting = self._idle.get(request.headers)
        attempt.reused = bool(waiting)
        connection = attempt.connection = (
            waiting.pop() if waiting
            else await connect(dict(request.headers), self._guard, self._lookup)
        )  # fmt: skip
        is_whole = False
        try:
            attempt.phase = "working"
            results = await _run(connection, transaction, limits)
            attempt.phase = "committing"
            await connection.commit()
            is_whole = True
        finally:
            await self._put_away(request, connection, is_whole=is_whole)
        return results

    async def _put_away(
        self, request: Request, connection: psycopg.AsyncConnection[Any], *, is_whole: bool
    ) -> None:
        """Keep a connection for the next time, unless its transaction did not come to an end."""
        waiting = self._idle.setdefault(request.headers, [])
        if is_whole and len(waiting) < IDLE_CONNECTIONS_MAX:
            waiting.append(connection)
        else:
            with contextlib.suppress(Exception):
                await connection.close()


async def _run(
    connection: psycopg.AsyncConnection[Any], transaction: Transaction, limits: Limits
) -> list[list[list[Any]]]:
    """Every statement once for each of its rows; what each time gave."""
    patience_ms = max(SERVER_FIRST_MS, limits.timeout_ms - SERVER_FIRST_MS)
    found: list[list[list[Any]]] = []
    async with connection.cursor() as cursor:
        await cursor.execute(f"SET LOCAL statement_timeout = {int(patience_ms)}")
        for statement in transaction.statements:
            await cursor.executemany(statement.sql, statement.rows, returning=True)
            found.append([])
            async for result in cursor.results():
                rows = await result.fetchall() if result.description else []
                found[-1].append([list(row) for row in rows])
    return found


def _is_lost(connection: Any) -> bool:
    return connection is not None and connection.closed


def _failed(error: psycopg.Error, phase: str) -> Result:
    """The server's own code where it gave one; else what losing it means at this point."""
    import psycopg  # noqa: PLC0415 - heavy, an extra

    words = f"{type(error).__name__}: {error}".strip(": ")
    if error.sqlstate:
        return _error(error.sqlstate, error.diag.message_primary or words)
    if isinstance(error, psycopg.DataError):
        return _error("22000", words)
    if phase == "connecting":
        state = state_of_words(str(error))
        return _error(state, words) if state else Failure("unsent", words)
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return Failure("broken" if phase == "committing" else "unsent", words)
    return _error("XX000", words)


def _error(state: str, message: str) -> Response:
    body = msgspec.json.encode({"sqlstate": state, "message": message})
    return Response(400, {"sqlstate": state, "content-type": "application/json"}, body)
