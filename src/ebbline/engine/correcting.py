"""The difference between what was said of a person and what is true after a second look.

For when a state was made anew (people were parted) rather than moved on: it says what the
ledger must say now so that the whole of it is right again.
"""

from __future__ import annotations

from typing import Any

from ebbline.engine.advance import note
from ebbline.engine.changes import Change, ChangeKind
from ebbline.engine.profile import Profile
from ebbline.engine.tables import Tables


def corrections(
    tables: Tables, before: Profile | None, after: Profile, now_ms: int, cause: str | None
) -> list[Change]:
    """What must be announced of `after` at `now_ms`, given that `before` is what was announced;
    None for a person of whom nothing stands."""
    was, counted = (0, 0) if before is None else (before.raw, before.effective)
    changes: list[Change] = []
    for bit, name in enumerate(tables.audiences):
        inside, counts = bool(after.raw >> bit & 1), bool(after.effective >> bit & 1)
        kind: ChangeKind
        if inside != bool(was >> bit & 1):
            kind = "entered" if inside else "exited"
        elif inside and counts != bool(counted >> bit & 1):
            kind = "restored" if counts else "suppressed"
        else:
            continue
        changes.append(note(after, kind, name, now_ms, cause, counts))
    told = {} if before is None else before.published
    for trait in sorted(told.keys() | after.published.keys()):
        old, new = told.get(trait), after.published.get(trait)
        if _differs(old, new):
            changes.append(note(after, "trait", tables.traits[trait], now_ms, cause, new))
    return changes


def _differs(old: Any, new: Any) -> bool:
    """Whether two values of a trait are not the same: 1 and True are two, 1 and 1.0 are one."""
    return isinstance(old, bool) != isinstance(new, bool) or bool(old != new)
