"""Gates: timers that need not be set, because their flip could not change any audience.

In `a and b and c` nothing that `b` does by time matters while `a` is false and cannot become
true without an event. Such an `a` is an *event-only* literal of the audience and gates the
others; a condition's flip is scheduled only while, in some audience that reads it, all gating
literals hold. When one of them comes to hold, the gated groups are looked at again, so a truth
that went stale behind a closed gate is never read. This is the rule "a false AND stands until
its last false item may change", for the items that never change by time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Literal = tuple[int, int]  # condition, wanted truth
Gate = tuple[Literal, ...]

# The gates of a condition, one per audience that reads it; None when its flips always matter.
Gates = tuple[Gate, ...] | None


def is_open(gates: Gates, truth: bytearray) -> bool:
    """Whether a flip of the condition could change an audience now."""
    if gates is None:
        return True
    for gate in gates:
        for condition, wanted in gate:
            if truth[condition] != wanted:
                break
        else:
            return True
    return False


def gates_of(
    conjunctions: Sequence[Sequence[Literal] | None],
    readers: Sequence[Sequence[int]],
    event_only: Callable[[Literal], bool],
) -> list[Gates]:
    """The gates of every condition. `conjunctions[audience]` are an audience's literals, or
    None when its rule is no plain conjunction; `readers[condition]` are its audiences."""
    found: list[Gates] = []
    known: dict[Gates, Gates] = {}  # equal gates are one object, so that `is` can tell
    for condition, audiences in enumerate(readers):
        gates: set[Gate] = set()
        for audience in audiences:
            literals = conjunctions[audience]
            if literals is None:
                gates.add(())
                continue
            gates.add(tuple(
                literal for literal in literals
                if literal[0] != condition and event_only(literal)
            ))  # fmt: skip
        own = None if () in gates or not gates else tuple(sorted(gates))
        found.append(known.setdefault(own, own))
    return found
