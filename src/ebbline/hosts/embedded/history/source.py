"""What the history is made of: the log's events with whose they are, as the engine found.

It reads log.db and state.db and writes nothing. Only what the engine has committed is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import apsw

from ebbline.errors import SetupError
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.history.limits import PLACEMENTS_READ
from ebbline.hosts.embedded.history.rows import Placed
from ebbline.hosts.embedded.limits import BUSY_MS_MAX, READ_ENTRIES_MAX
from ebbline.hosts.embedded.log import Entry, Log
from ebbline.hosts.embedded.state.placements import holds, unpack

_EVENTS = ("events", "replayed")
_PLACEMENTS = """
SELECT "offset", profiles FROM placements WHERE "offset" > ? AND "offset" <= ? ORDER BY "offset"
"""
_REPLACED = 'SELECT seq, "offset" FROM replaced WHERE seq > ? ORDER BY seq LIMIT ?'
_MERGED = "SELECT loser, winner FROM merged WHERE at_ms <= ? ORDER BY loser"
_ALWAYS = 1 << 62


class Source:
    """The log and the state of one data folder, open for reading."""

    def __init__(self, folder: DataFolder) -> None:
        flags = apsw.SQLITE_OPEN_READONLY
        self._state = apsw.Connection(str(folder.state), flags=flags)
        self._state.set_busy_timeout(BUSY_MS_MAX)
        self._log = Log(folder.log, SystemClock(), read_only=True)

    @classmethod
    def opened(cls, folder: DataFolder) -> Source | None:
        """The source, or None while the engine has not made its tables yet."""
        if not (folder.log.exists() and folder.state.exists()):
            return None
        found = cls(folder)
        sql = "SELECT 1 FROM sqlite_schema WHERE name = 'merged'"
        if found._rows(sql):
            return found
        found.close()
        return None

    def close(self) -> None:
        """Close the files; again is harmless."""
        self._state.close()
        self._log.close()

    def end(self) -> int:
        """The last entry that the state reflects."""
        rows = self._rows("SELECT value FROM meta WHERE key = 'offset'")
        return int(rows[0][0]) if rows else 0

    def stamp(self, offset: int) -> int:
        """The stamp of the entry at an offset; 0 before the first."""
        entry = next(self._log.read(offset - 1, 1), None) if offset > 0 else None
        return entry.now_ms if entry is not None else 0

    def after(self, offset: int, before_ms: int, end: int) -> Iterator[Placed]:
        """Entries with events after an offset whose stamp was `before_ms`, up to `end`."""
        while offset < end:
            entries = list(self._log.read(offset, READ_ENTRIES_MAX))
            if not entries:
                return
            placements = dict(self._rows(_PLACEMENTS, (offset, entries[-1].offset)))
            for entry in entries:
                if entry.offset > end:
                    return
                if entry.kind in _EVENTS:
                    yield self._placed(entry, placements.get(entry.offset), before_ms)
                before_ms, offset = entry.now_ms, entry.offset

    def at(self, offsets: Iterable[int]) -> Iterator[Placed]:
        """The entries at some offsets, in order."""
        for offset in sorted(offsets):
            rows = self._rows(_PLACEMENTS, (offset - 1, offset))
            yield self._one(offset, rows[0][1] if rows else None)

    def of(self, profiles: Iterable[int], offset: int, end: int) -> Iterator[Placed]:
        """The entries after an offset, up to `end`, in which any of some people stands."""
        people = sorted(profiles)
        last = offset
        while rows := self._rows(_PLACEMENTS + "LIMIT ?", (last, end, PLACEMENTS_READ)):
            last = rows[-1][0]
            for each, packed in rows:
                # A look at the packed numbers before the entry is read: most hold somebody else.
                if holds(packed, people):
                    yield self._one(each, packed)

    def replaced(self, after: int, limit: int = -1) -> list[tuple[int, int]]:
        """(number, offset) of entries whose events were found to be somebody else's since."""
        return self._rows(_REPLACED, (after, limit))

    def merged(self, as_of_ms: int | None = None) -> dict[int, int]:
        """Who became part of whom, by the instant: each to the last winner of a chain."""
        direct: dict[int, int] = dict(
            self._rows(_MERGED, (_ALWAYS if as_of_ms is None else as_of_ms,))
        )
        found = {}
        for loser, winner in direct.items():
            seen = {loser}
            while winner in direct and winner not in seen:
                seen.add(winner)
                winner = direct[winner]  # noqa: PLW2901 - the end of the chain
            found[loser] = winner
        return found

    def _one(self, offset: int, packed: bytes | None) -> Placed:
        entry = next(self._log.read(offset - 1, 1))
        before_ms = self.stamp(offset - 1) if entry.kind == "replayed" else 0
        return self._placed(entry, packed, before_ms)

    def _placed(self, entry: Entry, packed: bytes | None, before_ms: int) -> Placed:
        if packed is None:
            message = (
                "state.db was made by a version of Ebbline without history. Stop the system and"
                " move state.db away: the next `ebbline run` makes it anew from log.db."
            )
            raise SetupError(message)
        profiles = unpack(packed).tolist()
        return Placed(entry, self._log.events(entry), profiles, before_ms)

    def _rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
        return self._state.execute(sql, values).fetchall()
