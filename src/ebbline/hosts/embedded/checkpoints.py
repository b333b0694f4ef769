"""Moves what was committed from a write-ahead log into its database beside the writer's work.

Most of it is moved by a thread with a connection of its own, while the writer goes on. The
rest, what was committed meanwhile, is the writer's: with nothing left to move, SQLite begins
the file anew at the next commit. Nothing here decides what is durable, or when.
"""

from __future__ import annotations

import contextlib
import threading

import apsw

from ebbline.hosts.embedded.limits import BUSY_MS_MAX

# Times that the thread moves what came while it moved what was there.
_ROUNDS = 4


class Checkpoints:
    """The checkpoints of one writing connection, in place of SQLite's own.

    A database that has no file needs none. The thread is there from the first one on.
    """

    def __init__(self, db: apsw.Connection, pages: int, pages_max: int) -> None:
        """Begin one at `pages` in the write-ahead log. At `pages_max`, when the disk is slower
        than the writer, the writer waits for it."""
        self._db, self._path = db, db.filename
        self._pages, self._pages_max = pages, pages_max
        self._next = pages
        self._last = 0
        self._thread: threading.Thread | None = None
        self._wanted = threading.Event()
        self._ended = threading.Event()
        self._running = self._closing = False
        if self._path:
            db.set_wal_hook(self._committed)

    def close(self) -> None:
        """End the thread; what it has not moved stays in the write-ahead log."""
        self._db.set_wal_hook(None)
        self._closing = True
        self._wanted.set()
        if self._thread is not None:
            self._thread.join()

    def _committed(self, db: apsw.Connection, name: str, pages: int) -> int:
        """SQLite's word after each commit: so many pages are in the write-ahead log."""
        if name != "main":
            return apsw.SQLITE_OK
        anew = pages < self._last
        if anew:
            self._next = self._pages
        self._last = pages
        if self._running:
            if pages >= self._pages_max:
                self._ended.wait(BUSY_MS_MAX / 1000)
            if self._ended.is_set():
                self._running = False
                if not anew:
                    self._finish(db, pages)
        elif pages >= self._next:
            self._begin()
        return apsw.SQLITE_OK

    def _finish(self, db: apsw.Connection, pages: int) -> None:
        """Move the rest. What goes wrong with it (a full disk, somebody else at it) does not
        concern the commit before; the next one tries again."""
        with contextlib.suppress(apsw.Error):
            _checkpoint(db)
        # A reader may keep the file from beginning anew: then not at each commit.
        self._next = pages + self._pages // 4

    def _begin(self) -> None:
        self._running = True
        self._ended.clear()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="checkpoints", daemon=True)
            self._thread.start()
        self._wanted.set()

    def _work(self) -> None:
        db: apsw.Connection | None = None
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._closing:
                break
            with contextlib.suppress(apsw.Error):  # then the writer has more to finish
                db = db or _opened(self._path)
                self._move(db)
            self._ended.set()
        if db is not None:
            db.close(True)

    def _move(self, db: apsw.Connection) -> None:
        """Move what is there, then what came meanwhile, until little comes in that time."""
        before = 0
        for _ in range(_ROUNDS):
            _, moved = _checkpoint(db)
            if moved - before < self._pages // 64:
                break
            before = moved


def _opened(path: str) -> apsw.Connection:
    """Another connection to the same file. Only one that has read something knows that there
    is a write-ahead log."""
    db = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READWRITE)
    db.execute("select 1 from sqlite_schema").fetchall()
    return db


def _checkpoint(db: apsw.Connection) -> tuple[int, int]:
    """Move what no reader holds; the pages in the write-ahead log, and those that are moved."""
    return db.wal_checkpoint("main", apsw.SQLITE_CHECKPOINT_PASSIVE)
