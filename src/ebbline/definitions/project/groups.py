"""Priority groups of `audiences/*.yml`: known audiences, each once."""

from __future__ import annotations

from itertools import pairwise

from ebbline.definitions.findings import did_you_mean
from ebbline.definitions.known import Known
from ebbline.definitions.order import in_dependency_order
from ebbline.definitions.plan import GroupDef
from ebbline.definitions.project.document import Document, Scalar, Seq
from ebbline.definitions.project.reading import Named, Read


def read_groups(documents: list[Document], known: Known) -> tuple[GroupDef, ...]:
    """The groups of files already read as audiences; problems are noted in the documents."""
    made: dict[str, GroupDef] = {}
    for document in documents:
        named: dict[str, Named] = (
            document.root_read.get("groups") or {} if document.root_read else {}
        )
        for name, one in named.items():
            if name in made:
                message = f'group "{name}" is defined twice'
                document.problem(one.key, "duplicate_name", message)
            elif one.value is not None:
                made[name] = GroupDef(name, _priority(document, one.value, known))
                if circle := _circle(made):
                    message = f"groups contradict each other: {circle}"
                    document.problem(one.key, "group_circle", message)
                    del made[name]
    return tuple(made.values())


def _circle(made: dict[str, GroupDef]) -> str:
    """Audiences that groups put before each other, or "". All of them would be suppressed."""
    later: dict[str, list[str]] = {}
    for group in made.values():
        for first, second in pairwise(group.priority):
            later.setdefault(first, []).append(second)
            later.setdefault(second, [])
    _, circles = in_dependency_order(later)
    return " before ".join(circles[0]) if circles else ""


def _priority(document: Document, row: Read, known: Known) -> tuple[str, ...]:
    place = row.place("priority")
    seen: dict[str, None] = {}
    for item in place.items if isinstance(place, Seq) else ():
        if not isinstance(item, Scalar):
            continue
        if item.text in seen:
            document.problem(item, "duplicate_name", f"{item.text} is listed twice")
        elif item.text in known.archived:
            document.problem(item, "archived_audience", f'audience "{item.text}" is archived')
        elif item.text not in known.audiences:
            hint = did_you_mean(item.text, known.audiences)
            document.problem(item, "unknown_audience", f'unknown audience "{item.text}"', hint)
        seen[item.text] = None
    return tuple(seen)
