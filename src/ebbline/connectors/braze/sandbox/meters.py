"""Rate limits: requests in windows, one count for all endpoints that share a limit."""

from __future__ import annotations

# Requests and the milliseconds of their window, as documented; /users/track has its own, by
# the contract that is being played.
DOCUMENTED = {
    "export": (250, 60_000),
    "lifecycle": (20_000, 60_000),
    "messaging": (250_000, 3_600_000),
    "subscription": (5_000, 60_000),
}


class Meter:
    """A count of requests in the present window."""

    def __init__(self, requests: int, window_ms: int) -> None:
        self._requests = requests
        self._window_ms = window_ms
        self._window = (0, 0)  # number of the present window, requests in it

    def take(self, now_ms: int) -> bool:
        """Count a request; False when it is one too many."""
        number, count = self._window
        present = now_ms // self._window_ms
        count = count + 1 if number == present else 1
        self._window = (present, count)
        return count <= self._requests

    def headers(self, now_ms: int) -> dict[str, str]:
        """What every response says: how many are left, and until which epoch second."""
        present = now_ms // self._window_ms
        used = self._window[1] if self._window[0] == present else 0
        return {
            "x-ratelimit-limit": str(self._requests),
            "x-ratelimit-remaining": str(max(0, self._requests - used)),
            "x-ratelimit-reset": str(-(-((present + 1) * self._window_ms) // 1000)),
        }
