"""A failing case for a person to read: without defaults, times from the lattice's start."""

from __future__ import annotations

from typing import Any

import msgspec

from ebbline.definitions.plan import Plan
from tests.laws import words

LONGEST_SPAN_MS = 10**12


def show(value: Any) -> str:
    """Structs as calls, without fields that have their default."""
    if isinstance(value, Plan):
        parts = [*value.traits, *value.audiences, *value.groups]
        return "plan:\n    " + "\n    ".join(map(show, parts))
    if isinstance(value, msgspec.Struct):
        return f"{type(value).__name__}({', '.join(_fields(value))})"
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(show, value))}]"
    if type(value) is int and value > LONGEST_SPAN_MS:
        return f"T0{value - words.BASE_MS:+d}"
    return repr(value)


def _fields(value: msgspec.Struct) -> list[str]:
    shown = []
    for field in msgspec.structs.fields(value):
        item = getattr(value, field.name)
        if item not in ((), {}, None, "") and item != field.default:
            shown.append(f"{field.name}={show(item)}")
    return shown
