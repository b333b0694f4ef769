"""Looks at the stage from outside (ledger, audiences, sandbox) and makes scenes of it."""

from __future__ import annotations

from collections import deque
from typing import Any

from ebbline.console.commands.looking import event_words
from ebbline.console.demo.feed import Feed
from ebbline.console.demo.limits import ARROW_SECONDS, LATEST_MAX, SAMPLES_MAX
from ebbline.console.demo.scene import Arrival, Scene, Size, Turn
from ebbline.console.demo.stage import Stage
from ebbline.definitions import Plan
from ebbline.hosts.embedded.reading import Reader, Told

ATTRIBUTES = "attributes"


class Watch:
    """Follows ledger and sandbox; `scene` is what there is to see now."""

    def __init__(self, stage: Stage, feed: Feed) -> None:
        self._stage = stage
        self._feed = feed
        self._reader = Reader(stage.data, stage.clock)
        self._fields = _fields(stage.plan)
        self._entries = {
            sync.field for each in stage.plan.destinations for sync in each.sync if sync.audience
        }
        self._seq = 0
        self._requests_seen = 0
        self._sizes: deque[tuple[float, dict[str, int]]] = deque()
        self._turns: deque[Turn] = deque(maxlen=LATEST_MAX)
        self._arrivals: deque[Arrival] = deque(maxlen=LATEST_MAX)
        self._caused: dict[tuple[str, str], int] = {}  # (person, field) -> when its call was sent
        self._samples: deque[int] = deque(maxlen=SAMPLES_MAX)
        self._objects = self._refused = 0
        self.first_seconds: float | None = None

    def close(self) -> None:
        """Let go of the data folder."""
        self._reader.close()

    def scene(self) -> Scene:
        """Look once and say how it stands."""
        for told in self._reader.ledger(after=self._seq):
            self._seq = told.seq
            self._take(told)
        self._look_at_sandbox()
        status = self._reader.status()
        ordered = sorted(self._samples)
        return Scene(
            seconds=self._stage.seconds(),
            clock_ms=self._stage.clock.now_ms(),
            speed=self._stage.speed,
            phase=self._feed.phase,
            calls=self._feed.calls,
            calls_per_second=self._feed.per_second(),
            people=status.profiles,
            behind=status.behind,
            sizes=self._audiences(),
            turns=tuple(self._turns),
            requests=self._stage.sandbox.received,
            objects=self._objects,
            refused=self._refused,
            arrivals=tuple(self._arrivals),
            samples=len(ordered),
            p50_ms=_percentile(ordered, 0.50),
            p95_ms=_percentile(ordered, 0.95),
            first_seconds=self.first_seconds,
        )

    def name(self, identifier: str) -> str:
        """A person's name as the shop knows it."""
        return self._feed.name(identifier)

    def _take(self, told: Told) -> None:
        if told.kind not in ("entered", "exited"):
            return
        field = self._fields.get(told.definition)
        sent_ms = self._feed.sent_ms.get(told.cause) if told.cause is not None else None
        if field is not None and sent_ms is not None:
            self._caused[told.person, field] = sent_ms
        if told.value is False and told.kind == "entered":
            why = f"{self._why(told)}, suppressed"
        else:
            why = self._why(told)
        who = self.name(told.person or f"profile {told.profile}")
        self._turns.appendleft(Turn(told.at_ms, who, told.kind == "entered", told.definition, why))

    def _why(self, told: Told) -> str:
        if told.cause is None:
            return "time passed" if told.kind == "entered" else "window ended"
        event = self._reader.cause(told)
        return event_words(event.name) if event is not None else "an event"

    def _look_at_sandbox(self) -> None:
        new = self._stage.sandbox.received - self._requests_seen
        if new <= 0:
            return
        held = self._stage.sandbox.requests
        for entry in list(held)[-new:]:
            if entry["status"] is None:
                break  # still being answered; looked at again next time
            self._requests_seen = entry["number"]
            if entry["status"] >= 300:
                self._refused += entry["body"] != {}  # empty: a check of the key
                continue
            for item in _objects(entry["body"]):
                self._arrived(item, entry["at_ms"])

    def _arrived(self, item: dict[str, Any], at_ms: int) -> None:
        who = _who(item)
        fields = {
            name: value
            for name, value in item.items()
            if name not in ("external_id", "user_alias") and not name.startswith("_")
        }
        self._objects += 1
        self._arrivals.appendleft(Arrival(at_ms, self.name(who), fields))
        for field, value in fields.items():
            sent_ms = self._caused.pop((who, field), None)
            if sent_ms is not None and at_ms >= sent_ms:
                self._samples.append(round((at_ms - sent_ms) / self._stage.speed))
            if self.first_seconds is None and value is True and field in self._entries:
                self.first_seconds = self._since_start(at_ms)

    def _since_start(self, at_ms: int) -> float:
        return (at_ms - self._stage.started_ms) / self._stage.speed / 1000

    def _audiences(self) -> tuple[Size, ...]:
        now, counts = self._stage.seconds(), self._reader.counts()
        self._sizes.append((now, {count.audience: count.members for count in counts}))
        while self._sizes[0][0] < now - ARROW_SECONDS:
            self._sizes.popleft()
        before = self._sizes[0][1]
        return tuple(
            Size(c.audience, c.members, c.effective, c.members - before.get(c.audience, 0))
            for c in counts
        )


def _fields(plan: Plan) -> dict[str, str]:
    """What each audience is called at the destination."""
    return {
        sync.audience: sync.field
        for destination in plan.destinations
        for sync in destination.sync
        if sync.audience
    }


def _objects(body: Any) -> list[dict[str, Any]]:
    found = body.get(ATTRIBUTES, []) if isinstance(body, dict) else []
    return [item for item in found if isinstance(item, dict)]


def _who(item: dict[str, Any]) -> str:
    alias = item.get("user_alias")
    if isinstance(alias, dict):
        return str(alias.get("alias_name", ""))
    return str(item.get("external_id", ""))


def _percentile(ordered: list[int], share: float) -> float | None:
    """The value that this share of the samples does not exceed.

    >>> _percentile([1, 2, 3, 4], 0.5), _percentile([], 0.5)
    (2, None)
    """
    if not ordered:
        return None
    place = max(0, -(-int(len(ordered) * share * 1000) // 1000) - 1)
    return ordered[min(place, len(ordered) - 1)]
