"""What the engine says happened: the entries of the flip ledger."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

ChangeKind = Literal[
    "entered", "exited", "trait", "linked", "merged", "suppressed", "restored", "unmerged"
]


class Change(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One change of one person.

    `number` counts this person's changes, so a replay reproduces it and a reader can drop
    repeats. `definition` is an audience or trait name; for "linked" the identifier type (with the
    identifier as `value`, or None for a device that was handed to somebody else), for "merged"
    and "unmerged" it is "" and `value` the profile id of the other one, who stays. "suppressed"
    and "restored" say that a priority group took effect on a person who is and stays in the
    audience. `at_ms` is the exact instant; `cause` is a messageId or a command's id, or None when
    the clock alone caused it. `value` is a trait's new value; for audiences the effective
    membership after the change (False on an entry that a priority group suppresses).
    """

    profile: int
    number: int
    kind: ChangeKind
    definition: str
    at_ms: int
    cause: str | None
    value: Any = None
