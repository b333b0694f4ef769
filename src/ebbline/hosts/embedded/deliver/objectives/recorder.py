"""Counting every change once, in the transaction that settles its answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import apsw

from ebbline.definitions.plan import SloDef
from ebbline.delivery import Lane, Reply, Send
from ebbline.delivery.objectives import Came, Fate, Tally, Times, captured_ms, fates, merged
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
        names = {item.address: str(item.address) for item in send.items}
        tried = self._tried.of(destination, names.values())
        came = self._came(found)
        for fate in found:
            place, tally = (names[fate.address], fate.field), tallies[fate.source]
            before = tried.get(place)
            if before is not None and before.version != fate.version:
                tally.overtaken += not before.dead
                self._tried.drop(destination, place)
                before = None
            self._end(destination, tally, send, fate, place, before)
            if fate.end == "delivered" and (before is None or not before.dead):
                first_ms = send.at_ms if before is None else before.first_ms
                self._time(destination, tally, fate, came, (first_ms, send.at_ms, answered_ms))
        for source, tally in tallies.items():
            apart = source in self._apart.get(destination, ())
            self._meters.counted(destination, source if apart else WHOLE, tally)
            if apart:
                self._buckets.add(destination, source, answered_ms, tally)
        self._buckets.add(destination, WHOLE, answered_ms, merged(tallies.values()))

    def save(self, now_ms: int) -> None:
        """Write down what was counted, inside the caller's transaction."""
        self._buckets.save(now_ms)
        if now_ms >= self._tidied_ms + HOUR_MS:
            self._tidied_ms = now_ms
            self._tried.tidy(now_ms)

    def _end(self, destination: str, tally: Tally, send: Send, fate: Fate,
             place: tuple[str, str], before: Tried | None) -> None:  # fmt: skip
        """Count an end; `before` is what is known of this very version."""
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

    def _time(self, destination: str, tally: Tally, fate: Fate, came: Mapping[int, Came],
              instants: tuple[int, int, int]) -> None:  # fmt: skip
        """Count a latency, if the change has one; `instants` are of the first request with it,
        the last one, and the answer."""
        captured = self._captured(destination, fate, came)
        if captured is None:
            tally.history += 1
            return
        first_ms, sent_ms, answered_ms = instants
        queued_ms = max(fate.queued_ms, captured)
        times = Times(captured, queued_ms, max(first_ms, queued_ms), max(sent_ms, queued_ms),
                      answered_ms)  # fmt: skip
        tally.time(times, self.slo.latency_alert_ms, self.slo.latency_objective_ms)
        self._meters.timed(destination, answered_ms - captured)

    def _captured(self, destination: str, fate: Fate, came: Mapping[int, Came]) -> int | None:
        """The instant from which a change counts; None for one without a latency."""
        if fate.queued_ms <= self._paused_ms.get(destination, 0):
            return None
        if self.spans.holds(destination, fate.field, fate.version):
            return None
        if needs_looking_up(fate.at_ms, fate.queued_ms):
            return captured_ms(fate.at_ms, came.get(fate.version))
        return fate.at_ms

    def _came(self, found: list[Fate]) -> dict[int, Came]:
        """Where delivered changes came from. One that was quick to reach the outbox is what it
        seems; only the others are looked up."""
        slow = {
            fate.version
            for fate in found
            if fate.end == "delivered" and needs_looking_up(fate.at_ms, fate.queued_ms)
        }
        return self._origins.of(slow) if slow else {}
