"""Many latencies as the few figures that say how it was."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Spread(msgspec.Struct, frozen=True):
    """Milliseconds; over nothing, all of them 0."""

    count: int
    p50: float
    p95: float
    p99: float
    max: float


def spread_of(values: Sequence[float]) -> Spread:
    """Nearest-rank percentiles: each figure is one that was measured."""
    if not values:
        return Spread(0, 0.0, 0.0, 0.0, 0.0)
    ordered = sorted(values)
    size = len(ordered)

    def rank(percent: int) -> float:
        return ordered[max(0, -(-percent * size // 100) - 1)]

    return Spread(size, rank(50), rank(95), rank(99), ordered[-1])
