"""Databases of a data folder as they stood at one moment, copied while others write them.

All are opened at once, each before what it follows: the delivery's position is never ahead of
the ledger, the state's offset never ahead of the log. Whoever writes goes on meanwhile; only the
folding of their WAL waits until the copies are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import apsw

from ebbline.errors import SetupError
from ebbline.hosts.embedded.backup.limits import PAGES_PER_STEP
from ebbline.hosts.embedded.limits import BUSY_MS_MAX

# What follows comes before what it follows; access.db stands for itself.
ORDER = ("access.db", "history.db", "delivery.db", "state.db", "log.db")

Advanced = Callable[[int], object]  # called with the bytes done since the last call


class Snapshot:
    """One database at the moment of its opening; it stays there until it is closed."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        self._db.set_busy_timeout(BUSY_MS_MAX)
        self._db.execute("BEGIN")
        # A transaction begins with the first read, whatever there is to read.
        self._db.execute("SELECT count(*) FROM sqlite_schema").fetchall()

    @property
    def bytes(self) -> int:
        """Bytes that the copy will have."""
        return int(self._db.pragma("page_count")) * int(self._db.pragma("page_size"))

    def one(self, sql: str) -> int:
        """The number that a query gives; 0 where it gives none."""
        row: Any = self._db.execute(sql).fetchone()
        return int(row[0]) if row and row[0] is not None else 0

    def rows(self, sql: str) -> list[Any]:
        """What a query gives."""
        return self._db.execute(sql).fetchall()

    def copy(self, target: Path, advanced: Advanced) -> None:
        """Write the database as it stood to a new file, and see that it is whole.

        SetupError when SQLite finds it damaged.
        """
        page = int(self._db.pragma("page_size"))
        made = apsw.Connection(str(target))
        try:
            made.execute("PRAGMA synchronous = off")  # a crash throws the copy away
            with made.backup("main", self._db, "main") as copying:
                done = 0
                while not copying.done:
                    copying.step(PAGES_PER_STEP)
                    before, done = done, copying.page_count - copying.remaining
                    advanced(page * (done - before))
            found: Any = made.execute("PRAGMA quick_check(1)").fetchall()
        finally:
            made.close()
        if found != [("ok",)]:
            message = (
                f"{self.name} is damaged ({found[0][0]}); nothing was backed up. Keep the last"
                " good backup, and what is here as it is."
            )
            raise SetupError(message)

    def close(self) -> None:
        """Let go of the moment."""
        self._db.close()


@contextmanager
def snapshots(data: Path, *, with_history: bool) -> Iterator[dict[str, Snapshot]]:
    """The databases that are there, by name, at one moment."""
    wanted = [name for name in ORDER if with_history or name != "history.db"]
    with ExitStack() as stack:
        opened: dict[str, Snapshot] = {}
        for name in wanted:
            if (data / name).is_file():
                try:
                    opened[name] = Snapshot(data / name)
                except apsw.Error as error:
                    message = f"{data / name} cannot be read ({error}); nothing was backed up."
                    raise SetupError(message) from error
                stack.callback(opened[name].close)
        yield opened
