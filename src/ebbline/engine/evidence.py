"""What stands behind a part of a rule, for explanations: the values, the chain, the clock."""

from __future__ import annotations

from typing import Any

from ebbline.definitions import tree
from ebbline.engine import distinct, sequences
from ebbline.engine.limits import DISTINCT_MAX, VALUES_SHOWN_MAX
from ebbline.engine.readings import Reading, Scope
from ebbline.engine.scalars import moment_text

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def behind(scope: Scope, node: tree.AnyNode) -> Reading | None:
    """What reads the evidence for a part of a rule, where there is more than its events."""
    match node:
        case tree.Aggregate(name=name) if name in distinct.NAMES:
            return scope.reading(node)
        case tree.Call(name="hour_of_day" | "day_of_week" | "bucket"):
            return scope.reading(node)
        case tree.Sequence():
            return sequences.chain_reading(scope, node)
        case tree.Missed(on=on) if on:
            return sequences.unanswered_reading(scope, node)
        case _:
            return None


def told(node: tree.AnyNode, found: Any, now_ms: int) -> str:
    """That evidence in words."""
    match node:
        case tree.Aggregate(name="unique"):
            return f"{'at least ' if found >= DISTINCT_MAX else ''}{found} different"
        case tree.Call(name="bucket"):
            return f"it is bucket {found}"
        case tree.Aggregate(name="most_repeated"):
            return f"at most {found}x the same"
        case tree.Aggregate(name="days_active"):
            return f"on {found} {'day' if found == 1 else 'days'}"
        case tree.Aggregate(name="values"):
            return _listed(found)
        case tree.Aggregate():
            return "no value" if found is None else f"most often {found}"
        case tree.Call(name="hour_of_day", args=(tree.Literal(value=zone), *_)):
            return f"it is past {found}:00 in {zone}"
        case tree.Call(args=(tree.Literal(value=zone), *_)):
            return f"it is {_DAYS[found - 1]} in {zone}"
        case tree.Sequence(steps=steps):
            return "no such chain" if found is None else _chain(steps, found)
        case tree.Missed():
            return _unanswered(node, found, now_ms)
        case _:
            return ""


def _listed(values: list[Any]) -> str:
    shown = ", ".join(str(value) for value in values[:VALUES_SHOWN_MAX])
    more = len(values) - VALUES_SHOWN_MAX
    return f"{shown} and {more:,} more" if more > 0 else shown or "none"


def _chain(steps: tuple[tree.Events, ...], times: list[int]) -> str:
    links = zip(steps, times, strict=True)
    return ", then ".join(f"{' or '.join(step.names)} {moment_text(at)}" for step, at in links)


def _unanswered(node: tree.Missed, found: tuple[int, Any] | None, now_ms: int) -> str:
    if found is None:
        return f"none is left without its {' or '.join(node.event.names)}"
    waits = "still waits" if now_ms < found[0] + node.within_ms else "was left"
    return f"{node.on} {found[1]} of {moment_text(found[0])} {waits}"
