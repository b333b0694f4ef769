"""Follows the ledger of a running system from outside: what was committed, and when."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any, Self

import apsw
import msgspec

LOOK_SECONDS = 0.001  # between two looks: a commit is seen at most about this much too late

_ROWS = """SELECT l.seq, l.kind, l.at_ms, l.cause, l.definition
FROM ledger l WHERE l.seq > ? ORDER BY l.seq"""


class Seen(msgspec.Struct, array_like=True, gc=False):
    """One ledger row and when it was first seen committed, in seconds of the machine's clock."""

    seen: float
    kind: int
    at_ms: int
    cause: str | None
    definition: int


class Watcher:
    """A thread that looks whether state.db has changed; in a `with` block."""

    def __init__(self, state: Path) -> None:
        self.rows: list[Seen] = []
        self._db = apsw.Connection(str(state), flags=apsw.SQLITE_OPEN_READONLY)
        self._db.set_busy_timeout(5_000)
        last: Any = self._db.execute("SELECT coalesce(max(seq), 0) FROM ledger").fetchone()
        self._seq: int = last[0]
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watcher", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()
        self._db.close()

    def definitions(self) -> dict[int, str]:
        """Names of audiences and traits by their number in the rows."""
        return dict(self._db.execute("SELECT id, name FROM definitions"))

    def _watch(self) -> None:
        version = -1
        while True:
            ends = self._ends.is_set()
            now = self._db.pragma("data_version")
            if now != version or ends:
                version = now
                self._take()
            if ends:
                return
            time.sleep(LOOK_SECONDS)

    def _take(self) -> None:
        rows: list[Any] = self._db.execute(_ROWS, (self._seq,)).fetchall()
        seen = time.time()
        if rows:
            self._seq = rows[-1][0]
            self.rows += [Seen(seen, *row[1:]) for row in rows]
