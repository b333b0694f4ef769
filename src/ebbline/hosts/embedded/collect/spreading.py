"""When those who are refused for overload shall come back: the later, the more they are.

A refusal costs a tenth of what it refuses. With the same few seconds for everybody, many senders
would come back at once, again and again, and the collector would do little but refuse.
"""

from __future__ import annotations

import random

from ebbline.hosts.embedded.collect.limits import (
    HOLD_SECONDS_MAX,
    OVERLOAD_RETRY_SECONDS,
    OVERLOAD_RETRY_SECONDS_MAX,
    REFUSALS_PER_SECOND,
)


class Spreading:
    """Counts refusals by the second; `chance` spreads senders over the seconds that come."""

    def __init__(self, chance: random.Random | None = None) -> None:
        self._chance = chance or random.Random()
        self._second = -1
        self._refused = 0
        self._before = 0

    def retry_after_s(self, now_ms: int) -> int:
        """Whole seconds for one more that is refused now: a few, and as many again on average as
        it takes to answer all that are refused at the rate that is wanted."""
        second = now_ms // 1_000
        if second != self._second:
            self._before = self._refused if second == self._second + 1 else 0
            self._second, self._refused = second, 0
        self._refused += 1
        extra = self._rate() // REFUSALS_PER_SECOND
        most = OVERLOAD_RETRY_SECONDS_MAX - OVERLOAD_RETRY_SECONDS
        return OVERLOAD_RETRY_SECONDS + self._chance.randint(0, min(2 * extra, most))

    def hold_seconds(self) -> float:
        """How long to keep the refusal back: not at all while they are few."""
        rate = self._rate()
        if rate <= REFUSALS_PER_SECOND:
            return 0.0
        return min(HOLD_SECONDS_MAX, rate / REFUSALS_PER_SECOND / 10)

    def _rate(self) -> int:
        """Refusals of the last whole second, or of this one when there are more already."""
        return max(self._before, self._refused)
