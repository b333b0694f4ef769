"""Options of audiences beside their rule: the least stay and absence, purposes, the parent.

The options that are rules in disguise become part of the rules here; what depends on how
somebody came in (`exit_when`, `hold`, `cooldown`) is the engine's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ebbline.definitions.durations import format_duration
from ebbline.definitions.limits import DAY_MS, PARENTS_MAX, WINDOW_MS_MAX
from ebbline.definitions.project.document import Scalar, Seq
from ebbline.definitions.project.reading import Read
from ebbline.definitions.tree import And, AnyNode, AudienceRef, Call, Literal, Not, Or

if TYPE_CHECKING:
    from ebbline.definitions.project.rules import Draft


def required(row: Read) -> tuple[AnyNode, ...]:
    """What must hold beside the rule: membership in the parent, consent to each purpose."""
    parent: str = row.get("parent") or ""
    consents = (Call("consented", (Literal(purpose),)) for purpose in purposes(row))
    return (*((AudienceRef(parent),) if parent else ()), *consents)


def entry_rule(rule: AnyNode, row: Read) -> AnyNode:
    """The rule with what is required in front."""
    needed = required(row)
    return And((*needed, rule)) if needed else rule


def exit_rule(rule: AnyNode, row: Read) -> AnyNode:
    """The exit rule, which the lack of anything required stands in for."""
    needed = required(row)
    return Or((rule, *(Not(one) for one in needed))) if needed else rule


def purposes(row: Read) -> tuple[str, ...]:
    """The purposes an audience is limited to, each once."""
    return tuple(dict.fromkeys(row.get("limit_to_purposes") or ()))


def check_options(row: Read) -> None:
    """Note what is wrong with an audience's options."""
    for key in ("hold", "cooldown"):
        ms = row.get(key) or 0
        if ms > WINDOW_MS_MAX:
            message = f"{key} is at most {WINDOW_MS_MAX // DAY_MS} days, this is "
            row.problem(key, "window_too_long", message + format_duration(ms))
    listed = row.place("limit_to_purposes")
    seen: set[str] = set()
    for item in listed.items if isinstance(listed, Seq) else ():
        if isinstance(item, Scalar) and item.text in seen:
            row.document.problem(item, "duplicate_name", f"{item.text} is listed twice")
        seen.add(item.text if isinstance(item, Scalar) else "")


def check_depth(audiences: Mapping[str, Draft]) -> None:
    """Note audiences with too many audiences above them; circles are noted elsewhere."""
    for draft in audiences.values():
        above: dict[str, None] = {}
        upper = draft
        while upper.parent in audiences and upper.parent not in above:
            above[upper.parent] = None
            upper = audiences[upper.parent]
        if len(above) == PARENTS_MAX + 1:  # deeper ones rest on one that is told already
            message = f"an audience has at most {PARENTS_MAX} audiences above it"
            hint = "they are " + ", ".join(above)
            draft.row.problem("parent", "too_deep", message, hint)
