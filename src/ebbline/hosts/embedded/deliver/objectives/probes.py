"""The probe: an event of a test person through our own door, until the destination has answered
for the trait it changes. Nothing on the way knows that it is a test.

The event is named by the project, the trait must take the event's time as its value (such as
`last_time("Ebbline Probe")`), so the very value that arrives tells which probe it was.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import apsw
import msgspec

from ebbline.connectors import Request
from ebbline.connectors.instants import iso
from ebbline.definitions.plan import Plan, ProbeDef
from ebbline.delivery import Limits, Reply, Send
from ebbline.delivery.objectives import Times, slowest, stage_ms
from ebbline.delivery.objectives.stages import DECIDE
from ebbline.hosts.embedded.deliver.objectives.limits import (
    ERROR_CHARACTERS_MAX,
    PROBE_POST_MS,
    PROBE_RETRY_MS,
    PROBES_KEPT,
)
from ebbline.hosts.embedded.deliver.objectives.meters import SloMeters
from ebbline.hosts.embedded.deliver.objectives.origins import Origins

POST_LIMITS = Limits(1, "people", 1 << 20, 1, 1_000, 1, PROBE_POST_MS, PROBE_POST_MS,
                     response_bytes_max=4_096)  # fmt: skip


class Door:
    """Our own door: where it is, and a key that opens it."""

    def __init__(self, url: str, write_key: str) -> None:
        self.url = url
        self.write_key = write_key

    def event(self, destination: str, probe: ProbeDef, at_ms: int) -> Request:
        """The call of a probe. A repeat has the same messageId, and counts once."""
        body = {
            "type": "track",
            "messageId": f"probe-{destination}-{at_ms}",
            "userId": probe.user,
            "event": probe.event,
            "timestamp": iso(at_ms),
        }
        key = base64.b64encode(f"{self.write_key}:".encode()).decode()
        headers = (("Content-Type", "application/json"), ("Authorization", f"Basic {key}"))
        return Request("POST", f"{self.url}/v1/track", headers, msgspec.json.encode(body))


class Posting(msgspec.Struct, frozen=True):
    """A probe's event that is to leave, or has left, for our door."""

    destination: str
    sent_ms: int
    request: Request


class Pending(msgspec.Struct):
    """A probe under way."""

    sent_ms: int
    posted_ms: int | None = None
    late: bool = False


class Probes:
    """The probes of all destinations; their rows stand in delivery.db."""

    def __init__(self, db: apsw.Connection, origins: Origins, meters: SloMeters) -> None:
        self._db = db
        self._origins = origins
        self._meters = meters
        self._defs: dict[str, tuple[ProbeDef, str]] = {}  # with the field of its trait
        self._pending: dict[str, Pending] = {}
        self._next_ms: dict[str, int] = {}
        self._door: Door | None = None
        self._objective_ms = 0

    def adopt(self, plan: Plan, url: str, default_key: str) -> None:
        """Probe what the plan wants probed, through the door at `url` ("": there is none)."""
        key = plan.sources[0].write_key if plan.sources else default_key
        self._door = Door(url, key) if url else None
        self._objective_ms = plan.slo.latency_objective_ms
        self._defs = {
            each.name: (each.probe, next(s.field for s in each.sync if s.trait == each.probe.trait))
            for each in plan.destinations
            if each.probe is not None and self._door is not None
        }
        for name in [*self._pending]:
            if name not in self._defs:
                del self._pending[name]
        for name, (probe, _) in self._defs.items():
            self._next_ms[name] = self._last_ms(name) + probe.every_ms

    def next_ms(self) -> int | None:
        """When the next probe leaves, or one under way becomes late."""
        named = [self._next_ms[name] for name in self._defs]
        named += [each.sent_ms + self._objective_ms + 1
                  for each in self._pending.values() if not each.late]  # fmt: skip
        return min(named, default=None)

    def due(self, now_ms: int) -> list[Posting]:
        """The events to send now, noted before they leave."""
        leaving = []
        for name, (probe, _) in self._defs.items():
            self._watch(name, now_ms)
            if now_ms < self._next_ms[name] or self._door is None:
                continue
            self._give_up(name)
            self._next_ms[name] = now_ms + probe.every_ms
            self._pending[name] = Pending(now_ms)
            self._db.execute(
                "INSERT OR REPLACE INTO slo_probes (destination, sent_ms, state)"
                " VALUES (?, ?, 'under way')",
                (name, now_ms),
            )
            self._tidy(name)
            leaving.append(Posting(name, now_ms, self._door.event(name, probe, now_ms)))
        return leaving

    def posted(self, posting: Posting, error: str, at_ms: int) -> None:
        """Our door has taken the event ("" as error), or why not."""
        pending = self._pending.get(posting.destination)
        if pending is None or pending.sent_ms != posting.sent_ms:
            return
        if not error:
            pending.posted_ms = at_ms
            self._note(posting.destination, posting.sent_ms, posted_ms=at_ms)
            return
        del self._pending[posting.destination]
        self._note(posting.destination, posting.sent_ms, state="failed", stage="collect",
                   error=error[:ERROR_CHARACTERS_MAX])  # fmt: skip
        self._meters.probed(posting.destination, "failed", None)
        soon_ms = at_ms + PROBE_RETRY_MS
        self._next_ms[posting.destination] = min(self._next_ms[posting.destination], soon_ms)

    def answered(self, destination: str, send: Send, reply: Reply, first_ms: Mapping[Any, int],
                 answered_ms: int) -> None:  # fmt: skip
        """A request was settled: with it, perhaps, the value of a probe under way."""
        pending, known = self._pending.get(destination), self._defs.get(destination)
        if pending is None or known is None:
            return
        for item, outcome in zip(send.items, reply.outcomes, strict=True):
            for value in item.values:
                name = value.field.partition("#")[0]
                mine = name == known[1] and type(value.value) is int
                if outcome.verdict != "done" or not mine or value.value < pending.sent_ms:
                    continue
                begun_ms = first_ms.get((str(item.address), value.field), send.at_ms)
                times = Times(pending.sent_ms, value.queued_ms, begun_ms, send.at_ms, answered_ms)
                self._arrive(destination, pending, times)
                return

    def _arrive(self, destination: str, pending: Pending, times: Times) -> None:
        took_ms = times.answered_ms - pending.sent_ms
        spent = list(stage_ms(times))
        stage = slowest(spent)
        if stage == "decide" and pending.posted_ms is not None:
            collect_ms = pending.posted_ms - pending.sent_ms
            stage = "collect" if collect_ms > spent[DECIDE] / 2 else stage
        in_time = took_ms <= self._objective_ms
        self._note(destination, pending.sent_ms, state="in time" if in_time else "late",
                   answered_ms=times.answered_ms, stage=stage)  # fmt: skip
        self._meters.probed(destination, "in_time" if in_time else "late", took_ms)
        del self._pending[destination]

    def failing(self, destination: str) -> str | None:
        """Why the latest probe counts as failed, in a sentence; None while all is well."""
        row: Any = self._db.execute(
            "SELECT state, stage, error, sent_ms FROM slo_probes WHERE destination = ?"
            " AND state <> 'under way' ORDER BY sent_ms DESC LIMIT 1",
            (destination,),
        ).fetchone()
        if row is None or row[0] == "in time" or destination not in self._defs:
            return None
        reason = f" ({row[2]})" if row[2] else ""
        return f"The probe sent at {iso(row[3])} is {row[0]}; its stage is {row[1]}{reason}."

    def _watch(self, name: str, now_ms: int) -> None:
        """Note where a probe is that should have arrived by now; it may still."""
        pending = self._pending.get(name)
        if pending is None or pending.late or now_ms - pending.sent_ms <= self._objective_ms:
            return
        pending.late = True
        self._note(name, pending.sent_ms, state="late", stage=self._whereabouts(name, pending))

    def _give_up(self, name: str) -> None:
        """The next probe takes the place of one that has not arrived."""
        pending = self._pending.pop(name, None)
        if pending is not None:
            self._note(name, pending.sent_ms, state="missing",
                       stage=self._whereabouts(name, pending))  # fmt: skip
            self._meters.probed(name, "missing", None)

    def _whereabouts(self, name: str, pending: Pending) -> str:
        """The stage a probe is in, by what stands in the outbox of its person."""
        if pending.posted_ms is None:
            return "collect"
        probe, field = self._defs[name]
        profile = self._origins.profile(probe.user)
        row: Any = self._db.execute(
            "SELECT c.desired, p.sending, t.version IS NOT NULL FROM destinations d"
            " JOIN homes h ON h.destination = d.id AND h.profile = ?"
            " JOIN people p ON p.destination = d.id AND p.address = h.address"
            " JOIN cells c ON c.destination = d.id AND c.address = h.address AND c.field = ?"
            " LEFT JOIN slo_tried t ON t.destination = d.name AND t.address = c.address"
            "  AND t.field = c.field AND t.version = c.version WHERE d.name = ?",
            (profile, field, name),
        ).fetchone()
        desired = msgspec.json.decode(row[0]) if row is not None else None
        if type(desired) is not int or desired < pending.sent_ms:
            return "decide"
        if row[2]:
            return "retry"
        return "request" if row[1] else "queue"

    def _last_ms(self, name: str) -> int:
        row: Any = self._db.execute(
            "SELECT max(sent_ms) FROM slo_probes WHERE destination = ?", (name,)
        ).fetchone()
        return row[0] or 0

    def _note(self, name: str, sent_ms: int, **columns: Any) -> None:
        sets = ", ".join(f"{column} = ?" for column in columns)
        self._db.execute(
            f"UPDATE slo_probes SET {sets} WHERE destination = ? AND sent_ms = ?",  # noqa: S608
            (*columns.values(), name, sent_ms),
        )

    def _tidy(self, name: str) -> None:
        self._db.execute(
            "DELETE FROM slo_probes WHERE destination = ?1 AND sent_ms NOT IN (SELECT sent_ms"
            " FROM slo_probes WHERE destination = ?1 ORDER BY sent_ms DESC LIMIT ?2)",
            (name, PROBES_KEPT),
        )
