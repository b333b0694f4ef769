"""What dominates the import: CPU shares of its steps, and what the largest step consists of.

Parse, log, fold and commit are timed in place. What is inside the fold (counting messageIds,
identity, the engine by events and by time) is what those cost alone; the rest is the fold's
own bookkeeping, ledger rows, and memory that is colder with everything at work.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

REST = "fold: the rest"


class Share(msgspec.Struct, frozen=True):
    """One step's part of the import; `us` is CPU microseconds per event."""

    step: str
    us: float
    ratio: float  # with decoding as 1
    share: float  # of the whole


def shares_of(
    steps: Mapping[str, float], alone: Mapping[str, float], events: int, decode_us: float
) -> list[Share]:
    """Shares in the order of an event's way. `steps` are CPU seconds in place, "fold" among
    them; `alone` those of what is inside the fold."""
    seconds: dict[str, float] = {}
    for step, spent in steps.items():
        if step != "fold":
            seconds[step] = spent
            continue
        seconds |= {f"fold: {name}": part for name, part in alone.items()}
        seconds[REST] = spent - sum(alone.values())
    whole = sum(seconds.values())
    return [
        Share(step, spent / events * 1e6, spent / events * 1e6 / decode_us, spent / whole)
        for step, spent in seconds.items()
    ]
