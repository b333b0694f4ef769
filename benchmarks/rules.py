"""The workload's questions as a plan: one audience each, in the rule language's tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.workload import Question, Workload
from ebbline.definitions import print_rule
from ebbline.definitions.plan import (
    DEFAULT_IDENTIFIERS,
    AudienceDef,
    DestinationDef,
    Plan,
    SyncDef,
)
from ebbline.definitions.tree import (
    Aggregate,
    And,
    AnyNode,
    Call,
    Compare,
    CompareOp,
    Duration,
    Events,
    Items,
    Literal,
    Matched,
    Not,
    Or,
    Points,
    Property,
    Score,
    Trait,
    Window,
)

PAGE = "page:"  # how the workload names a page call


def plan_of(workload: Workload, audiences: int) -> Plan:
    """The questions as a plan; every audience is synced to one webhook, for the outbox."""
    asked = workload.questions(audiences)
    syncs = tuple(SyncDef(field=name, audience=name) for name, _ in asked)
    settings = {"url": "http://localhost:9/audiences"}
    return Plan(
        name="workload",
        identifiers=DEFAULT_IDENTIFIERS,
        audiences=tuple(_audience(question, workload) for question in asked),
        destinations=(DestinationDef("hook", "webhook", settings, syncs),),
    )


def project_of(plan: Plan) -> dict[str, bytes]:
    """The audiences of a plan as project files by path: JSON, which is YAML too."""
    rules = {each.name: {"when": print_rule(each.when)} for each in plan.audiences}
    content = {"ebbline.yml": {"name": plan.name, "version": 1},
               "audiences/questions.yml": {"audiences": rules}}  # fmt: skip
    return {path: msgspec.json.encode(each) for path, each in content.items()}


def write_project(folder: Path, plan: Plan, more: Mapping[str, object] | None = None) -> Path:
    """A folder with the project files of a plan's audiences, and `more` files by path."""
    others = {path: msgspec.json.encode(content) for path, content in (more or {}).items()}
    for path, content in (project_of(plan) | others).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def _audience(question: Question, workload: Workload) -> AudienceDef:
    name, parts = question
    terms = [_term(feature, op, value, workload) for feature, op, value in parts]
    return AudienceDef(name, terms[0] if len(terms) == 1 else And(tuple(terms)))


def _term(feature: Sequence[Any], op: Any, value: Any, workload: Workload) -> AnyNode:
    kind = feature[0]
    if kind == "newer":
        return _newer(_events(feature[1]), _events(feature[2]))
    left = _feature(feature, workload)
    if op == "!=":  # of a missing value too
        return Not(Compare("==", left, Literal(value)))
    if op == "in":
        return Compare("in", left, Items(tuple(Literal(item) for item in value)))
    compare: CompareOp = op
    right = Duration(value) if kind in ("age", "age_first") else Literal(value)
    return Compare(compare, left, right)


def _newer(a: Events, b: Events) -> AnyNode:
    """The latest `a` is after the latest `b`, or there is no `b`."""
    last_a, last_b = (Aggregate("last_time", events) for events in (a, b))
    only_a = And((Aggregate("performed", a), Not(Aggregate("performed", b))))
    return Or((Compare(">", last_a, last_b), only_a))


def _feature(feature: Sequence[Any], workload: Workload) -> AnyNode:
    match feature:
        case ("count", event, within_ms):
            return Aggregate("count", _events(event), window=Window(within_ms=within_ms))
        case ("sum", event, within_ms):
            window = Window(within_ms=within_ms)
            return Aggregate("sum", _events(event), Property("revenue"), window=window)
        case ("avg", event):
            return Aggregate("avg", _events(event), Property("revenue"))
        case ("age", event):
            return Call("elapsed", (Aggregate("last_time", _events(event)),))
        case ("age_first",):
            return Call("elapsed", (Aggregate("first_time", _events("*")),))
        case ("score",):
            points = tuple(Points(_events(e), Literal(p)) for e, p in workload.points.items())
            return Score(points, "half_life", workload.half_life_ms)
        case ("trait", name):
            return Trait(name)
        case ("open3",):
            return Matched(_events("Email Delivered"), _events("Email Opened"), "campaign_id", 3)
        case _:
            message = f"the workload asks for {feature}, which this benchmark has no rule for"
            raise ValueError(message)


def _events(name: str) -> Events:
    if name.startswith(PAGE):
        page = Literal(name.removeprefix(PAGE))
        return Events(("Page Viewed",), Compare("==", Property("page_name"), page))
    return Events((name,))
