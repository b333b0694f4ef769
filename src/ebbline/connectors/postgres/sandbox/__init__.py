"""A PostgreSQL that is a database in memory: our own statements, their errors, nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ebbline.connectors.postgres.sandbox.database import Database
from ebbline.connectors.sandbox import SandboxApp


def postgres_sandbox(
    now_ms: Callable[[], int],
    sleep: Callable[[float], Awaitable[None]],
    *,
    dsn: str | None = None,
    schema: str = "public",
) -> SandboxApp:
    """An ASGI app that takes the transactions of `statements`; with a `dsn` no other is let in."""
    return SandboxApp(Database(dsn, schema), now_ms, sleep)


__all__ = ["Database", "postgres_sandbox"]
