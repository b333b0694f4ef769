"""Changes whose first request failed, from then until their fate is known. Rows of delivery.db.

Most changes never have a row: they are delivered by their first request.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import apsw
import msgspec

from ebbline.hosts.embedded.deliver.objectives.limits import TRIED_DAYS

_DAY_MS = 86_400_000
_Place = tuple[str, str]  # address and field


class Tried(msgspec.Struct, frozen=True, gc=False):
    """A change that was sent in vain, and when first. `dead`: it was laid aside after that."""

    version: int
    first_ms: int
    dead: bool


class TriedChanges:
    """The rows of all destinations."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._count: Counter[str] = Counter()
        rows: Any = db.execute("SELECT destination, count(*) FROM slo_tried GROUP BY 1").fetchall()
        self._count.update(dict(rows))

    def of(self, destination: str, addresses: Iterable[str]) -> dict[_Place, Tried]:
        """What was tried before of these addresses; no query where nothing waits at all."""
        if self._count[destination] <= 0:
            return {}
        wanted = msgspec.json.encode(list(addresses)).decode()
        rows: Any = self._db.execute(
            "SELECT address, field, version, first_ms, dead FROM slo_tried"
            " WHERE destination = ? AND address IN (SELECT value FROM json_each(?))",
            (destination, wanted),
        ).fetchall()
        return {(row[0], row[1]): Tried(row[2], row[3], bool(row[4])) for row in rows}

    def put(self, destination: str, place: _Place, tried: Tried, *, known: bool) -> None:
        """Note a change; `known` says whether its place has a row already."""
        self._db.execute(
            "INSERT OR REPLACE INTO slo_tried VALUES (?, ?, ?, ?, ?, ?)",
            (destination, *place, tried.version, tried.first_ms, tried.dead),
        )
        self._count[destination] += not known

    def drop(self, destination: str, place: _Place) -> None:
        """The fate of a place's change is known."""
        self._db.execute(
            "DELETE FROM slo_tried WHERE destination = ? AND address = ? AND field = ?",
            (destination, *place),
        )
        self._count[destination] -= 1

    def interrupted(self) -> None:
        """Requests of the last run that never got their answer were first tries all the same.
        To be called before the attempts are told so themselves."""
        rows: Any = self._db.execute(
            "SELECT d.name, a.sent_ms, a.items FROM attempts a"
            " JOIN destinations d ON d.id = a.destination WHERE a.state = 'sending'"
        ).fetchall()
        for destination, sent_ms, items in rows:
            for item in msgspec.json.decode(items):
                self._interrupt(destination, item["address"], item["versions"], sent_ms)

    def _interrupt(
        self, destination: str, address: str, versions: dict[str, int], sent_ms: int
    ) -> None:
        known = self.of(destination, [address])
        for field, version in versions.items():
            before = known.get((address, field))
            if before is None or before.version < version:
                tried = Tried(version, sent_ms, dead=False)
                self.put(destination, (address, field), tried, known=before is not None)

    def tidy(self, now_ms: int) -> None:
        """Forget what nobody will send any more."""
        self._db.execute(
            "DELETE FROM slo_tried WHERE first_ms < ?", (now_ms - TRIED_DAYS * _DAY_MS,)
        )
        rows: Any = self._db.execute(
            "SELECT destination, count(*) FROM slo_tried GROUP BY 1"
        ).fetchall()
        self._count = Counter(dict(rows))
