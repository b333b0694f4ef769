"""Which rows of the ledger are history for a destination: from before a sync, or made by a swap
of definitions. Rows of delivery.db."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import apsw

from ebbline.delivery.objectives import Span, in_spans
from ebbline.hosts.embedded.deliver.objectives.limits import SPANS_KEPT
from ebbline.hosts.embedded.deliver.objectives.origins import Origins


class Spans:
    """The spans of all destinations."""

    def __init__(self, db: apsw.Connection, origins: Origins) -> None:
        self._db = db
        self._origins = origins
        self._swaps: dict[str, list[Span]] = {}
        self._syncs: dict[str, dict[str, Span]] = {}
        self._until: dict[str, int] = {}  # the last row that is history for any field

    def adopt(self, destination: str, sources: Mapping[str, str], position: int, end: int,
              plan_offset: int) -> None:  # fmt: skip
        """A destination is set up: `sources` by field, at the row `position` of a ledger that
        reaches to `end`, under the plan of a log entry."""
        known = self._known_syncs(destination)
        for field, source in sources.items():
            if field not in known or known[field][0] != source:
                self._db.execute(
                    "DELETE FROM slo_spans WHERE destination = ? AND field = ?",
                    (destination, field),
                )
                self._put(destination, field, source, Span(0, end, field))
        self._swapped(destination, position, plan_offset)
        self._load(destination)

    def holds(self, destination: str, field: str, version: int) -> bool:
        """Whether a change is history; most are newer than all of it."""
        if version > self._until.get(destination, 0):
            return False
        own = self._syncs.get(destination, {}).get(field.partition("#")[0])
        swaps = self._swaps.get(destination, [])
        return in_spans([own, *swaps] if own is not None else swaps, field, version)

    def _swapped(self, destination: str, position: int, plan_offset: int) -> None:
        """Note what a new version of the definitions changed for everybody at once."""
        self._db.execute(
            "INSERT OR IGNORE INTO slo_standing (destination, plan_offset) VALUES (?, ?)",
            (destination, plan_offset),
        )
        row: Any = self._db.execute(
            "SELECT plan_offset FROM slo_standing WHERE destination = ?", (destination,)
        ).fetchone()
        if row[0] == plan_offset:
            return
        span = self._origins.of_entry(plan_offset, position)
        if span is not None:
            self._put(destination, "", "", span)
        self._db.execute(
            "UPDATE slo_standing SET plan_offset = ? WHERE destination = ?",
            (plan_offset, destination),
        )
        self._db.execute(
            "DELETE FROM slo_spans WHERE destination = ?1 AND field = '' AND until NOT IN"
            " (SELECT until FROM slo_spans WHERE destination = ?1 AND field = ''"
            "  ORDER BY until DESC LIMIT ?2)",
            (destination, SPANS_KEPT),
        )

    def _known_syncs(self, destination: str) -> dict[str, tuple[str, Span]]:
        rows: Any = self._db.execute(
            "SELECT field, source, after, until FROM slo_spans"
            " WHERE destination = ? AND field <> ''",
            (destination,),
        ).fetchall()
        return {row[0]: (row[1], Span(row[2], row[3], row[0])) for row in rows}

    def _load(self, destination: str) -> None:
        known = self._known_syncs(destination)
        self._syncs[destination] = {field: span for field, (_, span) in known.items()}
        rows: Any = self._db.execute(
            "SELECT after, until FROM slo_spans WHERE destination = ? AND field = ''",
            (destination,),
        ).fetchall()
        swaps = self._swaps[destination] = [Span(*row) for row in rows]
        spans = [*self._syncs[destination].values(), *swaps]
        self._until[destination] = max((span.until for span in spans), default=0)

    def _put(self, destination: str, field: str, source: str, span: Span) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO slo_spans VALUES (?, ?, ?, ?, ?)",
            (destination, field, source, span.after, span.until),
        )
