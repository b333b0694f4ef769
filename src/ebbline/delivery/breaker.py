"""Whether a destination is worth asking: the circuit breaker, with a probe when half open."""

from __future__ import annotations

import msgspec

from ebbline.delivery.limits import BREAKER_FIRST_MS, BREAKER_REQUESTS, CONFIG_PROBE_MS
from ebbline.delivery.retry import backoff_ms


class Breaker(msgspec.Struct):
    """Closed while `open_until_ms` is 0; open until then; after that one probe decides.

    `disabled` means the destination has asked for no more; only a person (or a changed setting)
    ends that. `reason` says why it is not closed.
    """

    failures: int = 0
    openings: int = 0
    open_until_ms: int = 0
    probe: int = 0  # id of the probing request in flight
    disabled: bool = False
    reason: str = ""
    since_ms: int = 0

    @property
    def state(self) -> str:
        """For people: closed, open, probing or disabled."""
        if self.disabled:
            return "disabled"
        if not self.open_until_ms:
            return "closed"
        return "probing" if self.probe else "open"

    def may_send(self, now_ms: int) -> bool:
        """Whether a request may leave now; when not closed it has to be a probe."""
        if self.disabled or self.probe:
            return False
        return now_ms >= self.open_until_ms

    def succeeded(self) -> None:
        """The destination works as it should."""
        if not self.disabled:
            self.failures = self.openings = self.open_until_ms = self.probe = self.since_ms = 0
            self.reason = ""

    def failed(self, send_id: int, now_ms: int, reason: str, jitter: float) -> None:
        """A request as a whole came to nothing. Late failures of requests that left before the
        breaker opened prove nothing new."""
        if self.open_until_ms and send_id != self.probe:
            return
        self.failures += 1
        if send_id == self.probe or self.failures >= BREAKER_REQUESTS:
            self.openings += 1
            wait_ms = max(BREAKER_FIRST_MS // 2, backoff_ms(self.openings, jitter))
            self._open(now_ms, now_ms + wait_ms, reason)

    def failed_alone(self, now_ms: int, reason: str, jitter: float) -> None:
        """Nothing could be asked at all: what comes before the requests came to nothing."""
        self.openings += 1
        wait_ms = max(BREAKER_FIRST_MS // 2, backoff_ms(self.openings, jitter))
        self._open(now_ms, now_ms + wait_ms, reason)

    def misconfigured(self, now_ms: int, reason: str) -> None:
        """The destination refuses who we are or what we ask for."""
        self._open(now_ms, now_ms + CONFIG_PROBE_MS, reason)

    def throttled(self, send_id: int, until_ms: int) -> None:
        """A probe that came too fast proves nothing; another one follows."""
        if send_id == self.probe:
            self.probe = 0
            self.open_until_ms = max(self.open_until_ms, until_ms)

    def disable(self, now_ms: int, reason: str) -> None:
        """Send nothing any more."""
        self._open(now_ms, now_ms, reason)
        self.disabled = True

    def _open(self, now_ms: int, until_ms: int, reason: str) -> None:
        self.since_ms = self.since_ms or now_ms
        self.open_until_ms = until_ms
        self.probe = 0
        self.reason = reason
