"""How much each key may ask: a bucket of units that fills steadily and is emptied by requests.

Buckets are of one process and are forgotten when it ends. Pure but for the time it is handed.
"""

from __future__ import annotations

from ebbline.hosts.embedded.access.limits import (
    BURST_SECONDS,
    KEYS_REMEMBERED_MAX,
    UNITS_A_SECOND,
)


class Buckets:
    """A bucket for each key.

    >>> buckets = Buckets()
    >>> buckets.take(1, 20, 10, now_ms=0), buckets.take(1, 5, 10, now_ms=0)
    (0.0, 0.5)
    >>> buckets.take(1, 5, 10, now_ms=500)
    0.0
    """

    def __init__(self) -> None:
        self._levels: dict[int, tuple[float, int]] = {}  # key -> units, and when that was

    def take(self, key: int, units: int, rate: int, now_ms: int) -> float:
        """Take units of a key with `rate` units a second (0: the usual rate). 0.0 when they were
        there; else the seconds until they are, and nothing is taken. More than a full bucket is
        let through when the bucket is full."""
        rate = rate or UNITS_A_SECOND
        full = float(rate * BURST_SECONDS)
        level, since_ms = self._levels.get(key, (full, now_ms))
        level = min(full, level + max(0, now_ms - since_ms) / 1000 * rate)
        wanted = min(float(units), full)
        if wanted > level:
            self._keep(key, level, now_ms)
            return (wanted - level) / rate
        self._keep(key, level - wanted, now_ms)
        return 0.0

    def _keep(self, key: int, level: float, now_ms: int) -> None:
        if key not in self._levels and len(self._levels) >= KEYS_REMEMBERED_MAX:
            self._levels.pop(next(iter(self._levels)))
        self._levels[key] = (level, now_ms)
