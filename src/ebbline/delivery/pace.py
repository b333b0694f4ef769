"""How fast a destination may be asked: its documented rate, corrected by its live headers."""

from __future__ import annotations

import msgspec

from ebbline.delivery.limits import DAY_MS, THROTTLE_MS_MAX


class Quota(msgspec.Struct, frozen=True):
    """What a response's rate limit headers said: requests left until `reset_ms`."""

    remaining: int
    reset_ms: int


class Pace(msgspec.Struct):
    """A token bucket: `requests` in any `window_ms`, all of them at once if need be.

    It starts full. `blocked_until_ms` is set by a 429 or by a quota that is used up. `a_day`
    bounds the requests of a day (0: no bound) that begins `day_offset_ms` after midnight UTC;
    `day` is the present one and `used` its requests so far.
    """

    requests: int
    window_ms: int
    tokens: float = -1.0
    at_ms: int = 0
    blocked_until_ms: int = 0
    a_day: int = 0
    day_offset_ms: int = 0
    day: int = 0
    used: int = 0

    def refill(self, now_ms: int) -> None:
        """Add what has accrued since the last look; a clock that went back adds nothing."""
        if self.tokens < 0:
            self.tokens = float(self.requests)
        passed = max(0, now_ms - self.at_ms)
        self.tokens = min(self.requests, self.tokens + passed * self.requests / self.window_ms)
        self.at_ms = now_ms

    def take(self, now_ms: int) -> bool:
        """Take leave for one request; False when there is none now."""
        self.refill(now_ms)
        if now_ms < self.blocked_until_ms or self.tokens < 1 or self._day_is_over(now_ms):
            return False
        self.tokens -= 1
        self.used += 1
        return True

    def next_ms(self, now_ms: int) -> int:
        """When `take` can succeed."""
        self.refill(now_ms)
        if self._day_is_over(now_ms):
            return max(self.next_day_ms(now_ms), self.blocked_until_ms)
        if self.tokens >= 1:
            return max(now_ms, self.blocked_until_ms)
        # Rounded up: a look a moment too early would find nothing and look again.
        short_ms = int((1 - self.tokens) * self.window_ms / self.requests) + 1
        return max(now_ms + short_ms, self.blocked_until_ms)

    def next_day_ms(self, now_ms: int) -> int:
        """When the vendor's next day begins."""
        day = (now_ms - self.day_offset_ms) // DAY_MS
        return (day + 1) * DAY_MS + self.day_offset_ms

    def _day_is_over(self, now_ms: int) -> bool:
        """Whether the day's requests are used up."""
        day = (now_ms - self.day_offset_ms) // DAY_MS
        if day != self.day:
            self.day, self.used = day, 0
        return bool(self.a_day) and self.used >= self.a_day

    def block(self, until_ms: int) -> None:
        """Send nothing before `until_ms`."""
        self.blocked_until_ms = max(self.blocked_until_ms, until_ms)

    def note(self, quota: Quota, now_ms: int) -> None:
        """Believe the destination about what is left of its window."""
        self.refill(now_ms)
        if quota.reset_ms <= now_ms:
            return
        self.tokens = min(self.tokens, float(quota.remaining))
        if quota.remaining <= 0:
            self.block(min(quota.reset_ms, now_ms + THROTTLE_MS_MAX))
