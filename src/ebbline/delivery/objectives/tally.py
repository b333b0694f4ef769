"""What one bucket of time counts, for one destination and one of its sources."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ebbline.delivery.objectives.latency import slot_of
from ebbline.delivery.objectives.stages import STAGES, Times, stage_ms


def _nothing() -> list[int]:
    return [0] * len(STAGES)


class Tally(msgspec.Struct, omit_defaults=True):
    """Changes whose fate was decided within the bucket.

    `delivered` counts the acknowledged, of them `first_try` those whose first request did it and
    `history` those older than their sync or imported, which have no latency. `dead` were laid
    aside; `revived` were delivered after that. `overtaken` were replaced by a newer value after a
    try: neither good nor bad. `in_alert` and `in_objective` are within the two bars of their
    time. `stages` and `slow` are milliseconds spent in each stage, by all and by those past the
    alert; `latency` is the histogram.
    """

    delivered: int = 0
    first_try: int = 0
    history: int = 0
    dead: int = 0
    revived: int = 0
    overtaken: int = 0
    in_alert: int = 0
    in_objective: int = 0
    stages: list[int] = msgspec.field(default_factory=_nothing)
    slow: list[int] = msgspec.field(default_factory=_nothing)
    latency: dict[int, int] = {}

    @property
    def timed(self) -> int:
        """Delivered changes that have a latency."""
        return self.delivered - self.history

    def deliver(self, *, first_try: bool) -> None:
        """A change was acknowledged."""
        self.delivered += 1
        self.first_try += first_try

    def time(self, times: Times, alert_ms: int, objective_ms: int) -> None:
        """The latency of an acknowledged change; without this it is counted as history."""
        took_ms = max(0, times.answered_ms - times.captured_ms)
        self.in_alert += took_ms <= alert_ms
        self.in_objective += took_ms <= objective_ms
        slot = slot_of(took_ms)
        self.latency[slot] = self.latency.get(slot, 0) + 1
        spent = stage_ms(times)
        for stage, ms in enumerate(spent):
            self.stages[stage] += ms
        if took_ms > alert_ms:
            for stage, ms in enumerate(spent):
                self.slow[stage] += ms

    def add(self, other: Tally) -> None:
        """Count what another one has counted, too."""
        self.delivered += other.delivered
        self.first_try += other.first_try
        self.history += other.history
        self.dead += other.dead
        self.revived += other.revived
        self.overtaken += other.overtaken
        self.in_alert += other.in_alert
        self.in_objective += other.in_objective
        for stage in range(len(STAGES)):
            self.stages[stage] += other.stages[stage]
            self.slow[stage] += other.slow[stage]
        for slot, count in other.latency.items():
            self.latency[slot] = self.latency.get(slot, 0) + count


def merged(tallies: Iterable[Tally]) -> Tally:
    """All of them as one."""
    whole = Tally()
    for tally in tallies:
        whole.add(tally)
    return whole
