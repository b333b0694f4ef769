"""A latency histogram of fixed, log-scaled slots, and percentiles out of it.

Slots are those of HdrHistogram with three bits of precision: whole numbers only, exact below
16 ms, then eight to a doubling. Histograms of different times add up slot by slot.
"""

from __future__ import annotations

from collections.abc import Mapping

from ebbline.delivery.objectives.limits import LATENCY_MS_MAX, SLOT_BITS

_PER_DOUBLING = 1 << SLOT_BITS


def slot_of(ms: int) -> int:
    """The slot of a latency in milliseconds; below nothing counts as nothing.

    >>> [slot_of(ms) for ms in (0, 15, 16, 17, 18, 120_000)]
    [0, 15, 16, 16, 17, 118]
    """
    ms = min(max(ms, 0), LATENCY_MS_MAX)
    shift = max(0, ms.bit_length() - SLOT_BITS - 1)
    return shift * _PER_DOUBLING + (ms >> shift)


def bounds_of(slot: int) -> tuple[int, int]:
    """The milliseconds of a slot: from, and up to but without.

    >>> bounds_of(15), bounds_of(16), bounds_of(118)
    ((15, 16), (16, 18), (114688, 122880))
    """
    shift = max(0, slot // _PER_DOUBLING - 1)
    low = (slot - shift * _PER_DOUBLING) << shift
    return low, low + (1 << shift)


def percentile(slots: Mapping[int, int], share: float) -> float | None:
    """The latency in milliseconds that a share of the changes did not pass: the middle of its
    slot, so at most 6.25 percent off. None when there were no changes.

    >>> percentile({slot_of(100): 98, slot_of(5_000): 2}, 0.99)
    4863.5
    """
    total = sum(slots.values())
    if not total:
        return None
    rank, seen = share * total, 0
    for slot in sorted(slots):
        seen += slots[slot]
        if seen >= rank:
            low, high = bounds_of(slot)
            return (low + high - 1) / 2
    raise AssertionError("ranks end at the total")
