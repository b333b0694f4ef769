"""Which text literals are durations or timestamps, by the expression beside them.

The parser turns them by this, and the printer leaves off `timestamp(...)` by the same, so the
two cannot disagree.
"""

from __future__ import annotations

from typing import Literal as OneOf

from ebbline.definitions.tree import Aggregate, AnyNode, Call, Trait

Reading = OneOf["duration", "timestamp"]

_TIMES = frozenset({"first_time", "last_time", "nth_time"})
ALTERNATIVES = {"default": ((1, 0),), "if_": ((2, 1), (1, 2))}
"""Of functions that give one of their arguments: which is read beside which."""


def reading_beside(node: AnyNode | None, timestamps: frozenset[str]) -> Reading | None:
    """How a text literal compared with `node` is read; None: as plain text.

    `timestamps` names the computed traits that are known to hold timestamps.
    """
    match node:
        case Call(name="elapsed" | "until"):
            return "duration"
        case Aggregate(name=name) if name in _TIMES:
            return "timestamp"
        case Trait(name=name) if name in timestamps:
            return "timestamp"
        case Call(name="default", args=(first, *_)):
            return reading_beside(first, timestamps)
        case Call(name="if_", args=(_, first, second)):
            beside = reading_beside(first, timestamps)
            return beside or reading_beside(second, timestamps)
        case _:
            return None
