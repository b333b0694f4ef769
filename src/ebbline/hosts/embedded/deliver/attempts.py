"""Attempts as rows: what was asked, what was answered, when, and what that meant.

Secrets are hidden before anything is kept; bodies are cut and, after some days, dropped.
"""

from __future__ import annotations

from typing import Any

import apsw
import msgspec

from ebbline.connectors import Request, Response, Result
from ebbline.delivery import Reply, Send
from ebbline.hosts.embedded.deliver.limits import (
    ATTEMPTS_MAX,
    BODY_BYTES_MAX,
    BODY_DAYS,
    TIDY_EVERY_ATTEMPTS,
)
from ebbline.hosts.embedded.secrets.hiding import mask

_SECRET_HEADERS = frozenset(
    ["authorization", "webhook-signature", "x-signature", "x-amz-security-token", "cookie",
     "set-cookie"]
)  # fmt: skip
_DAY_MS = 86_400_000
_encode = msgspec.json.Encoder().encode


class AttemptLog:
    """Writes attempts over the store's connection."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._tidied_ms = 0

    def last_id(self) -> int:
        """The last attempt's number."""
        row: Any = self._db.execute("SELECT max(id) FROM attempts").fetchone()
        return row[0] or 0

    def depart(
        self, destination: int, send: Send, request: Request, secrets: tuple[str, ...]
    ) -> None:
        """A request is about to leave."""
        values = [value for item in send.items for value in item.values]
        self._db.execute(
            "INSERT INTO attempts (id, destination, state, attempt, people, changed_ms,"
            " queued_ms, sent_ms, items, request)"
            " VALUES (?, ?, 'sending', ?, ?, ?, ?, ?, ?, ?)",
            (send.id, destination, send.attempt, len(send.items),
             min(value.at_ms for value in values), min(value.queued_ms for value in values),
             send.at_ms, _items(send, None), mask(_request(request, secrets), secrets)),
        )  # fmt: skip
        if send.id % TIDY_EVERY_ATTEMPTS == 0 or send.at_ms >= self._tidied_ms + _DAY_MS:
            self.tidy(send.id, send.at_ms)

    def arrive(
        self, send: Send, result: Result, reply: Reply, answered_ms: int, secrets: tuple[str, ...]
    ) -> None:
        """An answer is there, or it is clear that none will come."""
        status = result.status if isinstance(result, Response) else None
        reasons = [outcome.reason for outcome in reply.outcomes if outcome.reason]
        self._db.execute(
            "UPDATE attempts SET state = ?, answered_ms = ?, status = ?, reason = ?, items = ?,"
            " response = ? WHERE id = ?",
            (state_of(reply), answered_ms, status, mask(reasons[0], secrets) if reasons else "",
             mask(_items(send, reply), secrets), mask(_result(result, secrets), secrets), send.id),
        )  # fmt: skip

    def interrupt(self) -> None:
        """What was under way when the last run ended will never be answered."""
        self._db.execute(
            "UPDATE attempts SET state = 'unknown', reason = 'deliver was stopped meanwhile'"
            " WHERE state = 'sending'"
        )

    def tidy(self, newest: int, now_ms: int) -> None:
        """Drop bodies past their days and attempts past their number."""
        self._tidied_ms = now_ms
        self._db.execute(
            "UPDATE attempts SET request = NULL, response = NULL"
            " WHERE sent_ms < ? AND request IS NOT NULL",
            (now_ms - BODY_DAYS * _DAY_MS,),
        )
        self._db.execute(
            "DELETE FROM attempts WHERE id <= ? AND id NOT IN"
            " (SELECT dead_attempt FROM cells WHERE dead <> '')",
            (newest - ATTEMPTS_MAX,),
        )


def state_of(reply: Reply) -> str:
    """One word for the whole attempt: the verdict, or "partly" when they differ."""
    verdicts = {outcome.verdict for outcome in reply.outcomes}
    if len(verdicts) == 1:
        return verdicts.pop()
    return "partly"


def _items(send: Send, reply: Reply | None) -> str:
    rows = []
    for index, item in enumerate(send.items):
        row: dict[str, Any] = {
            "address": str(item.address),
            "values": {value.field: value.value for value in item.values},
            "versions": {value.field: value.version for value in item.values},
        }
        if reply is not None:
            outcome = reply.outcomes[index]
            row |= {"verdict": outcome.verdict, "reason": outcome.reason}
        rows.append(row)
    return _encode(rows).decode()


def _request(request: Request, secrets: tuple[str, ...]) -> str:
    headers = {
        name: "***" if name.lower() in _SECRET_HEADERS else value for name, value in request.headers
    }
    shown = {"method": request.method, "url": request.url, "headers": headers,
             "body": _text(request.body, secrets)}  # fmt: skip
    return _encode(shown).decode()


def _result(result: Result, secrets: tuple[str, ...]) -> str:
    if not isinstance(result, Response):
        return _encode({"failure": result.kind, "reason": result.reason}).decode()
    headers = {
        name: "***" if name in _SECRET_HEADERS else value for name, value in result.headers.items()
    }
    shown = {"status": result.status, "headers": headers, "body": _text(result.body, secrets)}
    return _encode(shown).decode()


def _text(body: bytes, secrets: tuple[str, ...]) -> str:
    text = body[:BODY_BYTES_MAX].decode("utf-8", "replace")
    over = len(body) - BODY_BYTES_MAX
    if over <= 0:
        return text
    # Hidden before words follow: the cut may have gone through a secret.
    return f"{mask(text, secrets)} ... {over} more bytes"
