"""Counting every change once, in the transaction that settles its answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import apsw

from ebbline.definitions.plan import SloDef
from ebbline.delivery import Lane, Reply, Send
from ebbline.delivery.objectives import Fate, Tally, Times, captured_ms, fates, merged
from ebbline.delivery.objectives.fates import Place
from ebbline.delivery.objectives.history import needs_looking_up
from ebbline.delivery.objectives.limits import HOUR_MS
from ebbline.hosts.embedded.deliver.objectives.buckets import WHOLE, Buckets
from ebbline.hosts.embedded.deliver.objectives.limits import SERIES_MAX
from ebbline.hosts.embedded.deliver.objectives.meters import SloMeters
from ebbline.hosts.embedded.deliver.objectives.origins import Origins
from ebbline.hosts.embedded.deliver.objectives.spans import Spans
from ebbline.hosts.embedded.deliver.objectives.tried import Tried, TriedChanges

_Tallies = defaultdict[str, Tally]


class Recorder:
    """Takes in answers; all it keeps is in rows of delivery.db."""

    def __init__(self, db: apsw.Connection, origins: Origins, meters: SloMeters) -> None:
        self.slo = SloDef()
        self.spans = Spans(db, origins)
        self._db = db
        self._origins = origins
        self._meters = meters
        self._buckets = Buckets(db)
        self._tried = TriedChanges(db)
        self._apart: dict[str, frozenset[str]] = {}
        paused: Any = db.execute("SELECT destination, paused_ms FROM slo_standing").fetchall()
        self._paused_ms: dict[str, int] = dict(paused)
        self._tidied_ms = 0

    def adopt(self, destination: str, sources: Mapping[str, str], position: int, end: int,
              plan_offset: int) -> None:  # fmt: skip
        """See `Spans.adopt`."""
        self.spans.adopt(destination, sources, position, end, plan_offset)
        self._apart[destination] = frozenset(list(dict.fromkeys(sources.values()))[:SERIES_MAX])

    def interrupted(self) -> None:
        """See `TriedChanges.interrupted`."""
        self._tried.interrupted()

    def first_ms(self, destination: str, addresses: list[str]) -> dict[tuple[str, str], int]:
        """When the changes of some addresses that failed were first sent."""
        return {k: tried.first_ms for k, tried in self._tried.of(destination, addresses).items()}

    def paused(self, lane: Lane, now_ms: int) -> None:
        """Somebody holds the destination back: what waits now is not late."""
        if self._paused_ms.get(lane.destination) != now_ms:
            self._paused_ms[lane.destination] = now_ms
            self._db.execute(
                "UPDATE slo_standing SET paused_ms = ? WHERE destination = ?",
                (now_ms, lane.destination),
            )

    def answered(self, lane: Lane, send: Send, reply: Reply, answered_ms: int,
                 again: frozenset[Place]) -> None:  # fmt: skip
        """A request was settled; `again` is what `acknowledged` said of it before."""
        found = list(fates(lane, send, reply, again))
        if not found:
            return
        destination, tallies = lane.destination, _Tallies(Tally)
        tried = self._tried.of(destination, {str(fate.address) for fate in found})
        since = self._captured(destination, found)
        for fate in found:
            place = (str(fate.address), fate.field)
            tally, before = tallies[fate.source], tried.get(place)
            before = self._overtake(destination, tally, fate, before)
            self._end(destination, tally, send, fate, before)
            if fate.end == "delivered" and not (before is not None and before.dead):
                first_ms = send.at_ms if before is None else before.first_ms
                captured = since.get((fate.version, fate.at_ms, fate.queued_ms, fate.field))
                self._time(destination, tally, fate, captured, first_ms, send.at_ms, answered_ms)
        for source, tally in tallies.items():
            self._meters.counted(destination, source if self._is_apart(destination, source)
                                 else WHOLE, tally)  # fmt: skip
            if self._is_apart(destination, source):
                self._buckets.add(destination, source, answered_ms, tally)
        self._buckets.add(destination, WHOLE, answered_ms, merged(tallies.values()))

    def save(self, now_ms: int) -> None:
        """Write down what was counted, inside the caller's transaction."""
        self._buckets.save(now_ms)
        if now_ms >= self._tidied_ms + HOUR_MS:
            self._tidied_ms = now_ms
            self._tried.tidy(now_ms)

    def _is_apart(self, destination: str, source: str) -> bool:
        return source in self._apart.get(destination, ())

    def _overtake(
        self, destination: str, tally: Tally, fate: Fate, before: Tried | None
    ) -> Tried | None:
        """What was tried of this very version; an older one was overtaken by it."""
        if before is None or before.version == fate.version:
            return before
        tally.overtaken += not before.dead
        self._tried.drop(destination, (str(fate.address), fate.field))
        return None

    def _end(self, destination: str, tally: Tally, send: Send, fate: Fate,
             before: Tried | None) -> None:  # fmt: skip
        place = (str(fate.address), fate.field)
        was_dead = before is not None and before.dead
        if fate.end in ("open", "dead"):
            tally.dead += fate.end == "dead" and not was_dead
            first_ms = send.at_ms if before is None else before.first_ms
            dead = was_dead or fate.end == "dead"
            if before is None or before.dead != dead:
                now = Tried(fate.version, first_ms, dead)
                self._tried.put(destination, place, now, known=before is not None)
            return
        if before is not None:
            self._tried.drop(destination, place)
        if fate.end == "overtaken":
            tally.overtaken += not was_dead
        elif was_dead:
            tally.revived += 1
        else:
            tally.deliver(first_try=before is None)

    def _time(self, destination: str, tally: Tally, fate: Fate, captured: int | None,
              first_ms: int, sent_ms: int, answered_ms: int) -> None:  # fmt: skip
        if captured is None:
            tally.history += 1
            return
        queued_ms = max(fate.queued_ms, captured)
        times = Times(captured, queued_ms, max(first_ms, queued_ms), max(sent_ms, queued_ms),
                      answered_ms)  # fmt: skip
        tally.time(times, self.slo.latency_alert_ms, self.slo.latency_objective_ms)
        self._meters.timed(destination, times)

    def _captured(
        self, destination: str, found: list[Fate]
    ) -> dict[tuple[int, int, int, str], int | None]:
        """The instants from which changes count; None for those without a latency. One that was
        quick to reach the outbox is what it seems; the others are looked up."""
        ends = [fate for fate in found if fate.end == "delivered"]
        slow = {fate.version for fate in ends if needs_looking_up(fate.at_ms, fate.queued_ms)}
        came = self._origins.of(slow) if slow else {}
        paused_ms = self._paused_ms.get(destination, 0)
        since: dict[tuple[int, int, int, str], int | None] = {}
        for fate in ends:
            captured: int | None = fate.at_ms
            held = fate.queued_ms <= paused_ms
            if held or self.spans.holds(destination, fate.field, fate.version):
                captured = None
            elif fate.version in slow:
                captured = captured_ms(fate.at_ms, came.get(fate.version))
            since[fate.version, fate.at_ms, fate.queued_ms, fate.field] = captured
        return since
