"""The different values that one person's events have: how often each came, and when first.

Both are the same in whatever order events arrive, and merging two people is merging them.
"""

from __future__ import annotations

from typing import Any

from ebbline.engine.limits import DISTINCT_MAX, DROPPED_SHARE, VALUES_MAX
from ebbline.engine.scalars import equal_key

# By the key under which equal values meet: how many events, and time, messageId and value of
# the latest.
Tally = dict[str, list[Any]]
# By the same key: time, messageId and value of the earliest event.
Seen = dict[str, list[Any]]


def count_value(tally: Tally, at_ms: int, event_id: str, value: Any) -> None:
    """Count one more event of a value."""
    key = equal_key(value)
    if key is None:
        return
    entry = tally.get(key)
    if entry is None:
        tally[key] = [1, at_ms, event_id, value]
        if len(tally) > DISTINCT_MAX:
            _drop_rarest(tally)
        return
    entry[0] += 1
    if (at_ms, event_id) > (entry[1], entry[2]):
        entry[1:] = at_ms, event_id, value


def merge_counts(into: Tally, other: Tally) -> None:
    """Make `into` the tally of both people's events."""
    for key, entry in other.items():
        mine = into.get(key)
        if mine is None:
            into[key] = entry
            continue
        mine[0] += entry[0]
        if (entry[1], entry[2]) > (mine[1], mine[2]):
            mine[1:] = entry[1:]
    if len(into) > DISTINCT_MAX:
        _drop_rarest(into)


def _drop_rarest(tally: Tally) -> None:
    """Forget the values with fewest events, of equal ones those whose latest is longest ago; many
    at once, since that takes a look at all."""
    kept = DISTINCT_MAX - DISTINCT_MAX // DROPPED_SHARE
    by_events = sorted(tally, key=lambda key: (tally[key][0], tally[key][1], tally[key][2]))
    for key in by_events[: len(tally) - kept]:
        del tally[key]


def see_value(seen: Seen, at_ms: int, event_id: str, value: Any) -> None:
    """Note when a value came, if that is its first time and among the first of all.

    What is dropped never comes back into the list: the first times of the others only move
    further ahead of it. So the list is the same in whatever order it is made.
    """
    key = equal_key(value)
    if key is None:
        return
    entry = seen.get(key)
    if entry is not None:
        if (at_ms, event_id) < (entry[0], entry[1]):
            entry[:] = at_ms, event_id, value
        return
    seen[key] = [at_ms, event_id, value]
    if len(seen) > VALUES_MAX:
        del seen[max(seen, key=lambda one: (seen[one][0], seen[one][1]))]


def in_order(seen: Seen) -> list[Any]:
    """The values by their first times."""
    return [entry[2] for entry in sorted(seen.values(), key=lambda entry: (entry[0], entry[1]))]


def most(tally: Tally) -> list[Any]:
    """The entry of the value with most events; of several, that with the latest event."""
    return max(tally.values(), key=lambda entry: (entry[0], entry[1], entry[2]))
