"""Event functions over a list of events already chosen, in the documented arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ebbline.events.event import Event
from tests.laws import wallclock
from tests.laws.facts import Stamp, in_order
from tests.laws.scalars import kind, same

NANO = 10**9
LARGEST_SUMMAND = 1e15
"""Numbers beyond it are passed over by sum, avg and score."""
LONGEST_LIST = 1_000
"""Values that `values` lists at most."""

Read = Callable[[Event], Any]


def aggregate(name: str, events: list[Event], read: Read, n: int | None, zone: str = "") -> Any:
    """The value of one event function; `read` gives the value expression of an event."""
    ordered = in_order(events)
    if name == "days_active":
        return len({wallclock.local(zone or "UTC", event.time_ms).date() for event in ordered})
    if name in ("count", "performed"):
        return len(ordered) if name == "count" else bool(ordered)
    if name in ("first_time", "last_time", "nth_time"):
        return _time(name, ordered, n)
    values = [value for value in map(read, ordered) if value is not None]
    if name in ("unique", "values", "most_frequent", "most_repeated"):
        return _apart(name, [value for value in values if kind(value) not in ("list", "null")])
    if name in ("sum", "avg"):
        return _total(name, values)
    if name in ("min", "max"):
        return _extreme(name, values)
    if not values:
        return None
    return values[0] if name == "first" else values[-1]


def _time(name: str, ordered: list[Event], n: int | None) -> Stamp | None:
    place = {"first_time": 1, "last_time": len(ordered), "nth_time": n or 0}[name]
    return Stamp(ordered[place - 1].time_ms) if 1 <= place <= len(ordered) else None


def summable(value: Any) -> bool:
    """Whether a value can be part of a sum."""
    return kind(value) == "number" and abs(value) <= LARGEST_SUMMAND


def _total(name: str, values: list[Any]) -> float | None:
    """Exact decimals: every number becomes whole billionths, so the order cannot matter."""
    numbers = [x for x in values if summable(x)]
    nano: int = sum(round(x * 1e9) for x in numbers)
    if name == "sum":
        return nano / NANO
    return nano / (len(numbers) * NANO) if numbers else None


def _apart(name: str, values: list[Any]) -> Any:
    """Different values, by first seen; those that are equal stand together, in order."""
    groups: list[list[Any]] = []
    for value in values:
        for group in groups:
            if same(group[0], value):
                group.append(value)
                break
        else:
            groups.append([value])
    if name == "unique":
        return len(groups)
    if name == "values":
        return [group[0] for group in groups][:LONGEST_LIST]
    most = max(map(len, groups), default=0)
    if name == "most_repeated":
        return most
    often = [group[0] for group in groups if len(group) == most]
    latest = [value for value in values if any(same(value, one) for one in often)]
    return latest[-1] if latest else None


def _extreme(name: str, values: list[Any]) -> Any:
    """Over numbers when there is any, else over texts."""
    numbers = [x for x in values if kind(x) == "number"]
    chosen = numbers or [x for x in values if kind(x) == "text"]
    if not chosen:
        return None
    return min(chosen) if name == "min" else max(chosen)


def decayed(decay: str, decay_ms: int, age_ms: int) -> float:
    """What is left of one point after `age_ms`."""
    if decay == "half_life":
        return float(2.0 ** (-age_ms / decay_ms))
    if decay == "fade":
        return max(0.0, 1.0 - age_ms / decay_ms)
    return 1.0 if age_ms < decay_ms else 0.0
