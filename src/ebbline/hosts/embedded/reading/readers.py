"""Readers that stay open between questions, for a process that answers many.

Each is used by one thread at a time. One that finds other definitions in the state than before
compiles them anew; one whose file was exchanged for another is opened again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ebbline.definitions.plan import Plan, decode_plan
from ebbline.errors import SetupError
from ebbline.hosts.embedded.clock import Clock
from ebbline.hosts.embedded.reading import queries
from ebbline.hosts.embedded.reading.limits import READERS_KEPT_MAX
from ebbline.hosts.embedded.reading.reader import Reader, best_of
from ebbline.hosts.embedded.reading.records import Member


class KeptReader(Reader):
    """A reader for many questions: it keeps the plan decoded and compiled until it changes."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        super().__init__(path, clock)
        self.file = _identity(self.folder.state)
        self._encoded: bytes | None = None
        self._decoded: Plan | None = None

    def plan(self) -> Plan:
        """The definitions the state was made with."""
        if self._decoded is None:
            return super().plan()
        return self._decoded

    def look(self) -> None:
        """Take note of other definitions, before questions that belong together."""
        found = self._meta("plan")
        encoded = None if found is None else bytes(found)
        if encoded != self._encoded:
            self.__dict__.pop("tables", None)
            self._encoded = encoded
            self._decoded = None if encoded is None else decode_plan(encoded)

    def definitions_and_end(self) -> tuple[bytes | None, int]:
        """The encoded definitions and the last entry of the ledger."""
        return self._encoded, self.ledger_end()

    def members_after(
        self, audience: str, after: int, limit: int, *, effective: bool = False
    ) -> tuple[Member, ...]:
        """Some of the people of an audience: the first ones behind a profile's number."""
        name = self.audience(audience)
        rows = self._rows(queries.MEMBERS_AFTER, (name, int(effective), after, limit))
        return tuple(
            Member(profile, *best_of(identifiers), since_ms, bool(counts))
            for profile, identifiers, since_ms, counts in rows
        )


class Readers:
    """The readers of one data folder; any thread may borrow one."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._idle: list[KeptReader] = []

    @contextmanager
    def reader(self) -> Iterator[KeptReader]:
        """One for a block. SetupError while there is nothing to read yet."""
        reader = self._take()
        try:
            reader.look()
            yield reader
        finally:
            with self._lock:
                kept = len(self._idle) < READERS_KEPT_MAX
                if kept:
                    self._idle.append(reader)
            if not kept:
                reader.close()

    def close(self) -> None:
        """Close those that nobody uses."""
        with self._lock:
            idle, self._idle = self._idle, []
        for reader in idle:
            reader.close()

    def _take(self) -> KeptReader:
        while True:
            with self._lock:
                reader = self._idle.pop() if self._idle else None
            if reader is None:
                return KeptReader(self._path, self._clock)
            if reader.file == _identity(reader.folder.state):
                return reader
            reader.close()


def _identity(file: Path) -> tuple[int, int]:
    """By which a file is known again: its place on the disk."""
    try:
        found = file.stat()
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}."
        raise SetupError(message) from error
    return found.st_dev, found.st_ino
