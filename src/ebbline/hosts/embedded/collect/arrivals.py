"""What arrived last from each source, in memory: enough to say whether an installation works.

It holds instants and reasons only, nothing of the events themselves: whoever has a write key,
which any visitor of a site can read, may ask for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ebbline.events.fault import UNKNOWN_SOURCE
from ebbline.hosts.embedded.collect.limits import ARRIVAL_CODES_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ebbline.events.event import Event, Rejection


class Arrivals:
    """UTC milliseconds of the last accepted event, and of the last refusal of each kind, by
    source."""

    def __init__(self) -> None:
        self._accepted: dict[str, int] = {}
        self._refused: dict[str, dict[str, int]] = {}

    def saw(self, events: Sequence[Event], rejections: Sequence[Rejection]) -> None:
        """These are durable; all of one request, so of one source."""
        if events:
            newest = events[-1]
            self._accepted[newest.source] = newest.received_ms
        for rejection in rejections:
            if rejection.source == UNKNOWN_SOURCE:
                continue
            codes = self._refused.setdefault(rejection.source, {})
            if rejection.code in codes or len(codes) < ARRIVAL_CODES_MAX:
                codes[rejection.code] = rejection.received_ms

    def accepted_ms(self, source: str) -> int | None:
        """When the last event of a source was taken in since this process started."""
        return self._accepted.get(source)

    def refused_since(self, source: str, since_ms: int) -> dict[str, int]:
        """Reasons for which calls of a source were refused since then, with the last instant of
        each; the newest first."""
        recent = self._refused.get(source, {}).items()
        found = [(code, at_ms) for code, at_ms in recent if at_ms >= since_ms]
        return dict(sorted(found, key=lambda pair: -pair[1]))
