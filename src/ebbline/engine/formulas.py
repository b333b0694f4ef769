"""A rule over numbered conditions: which of them must hold, and which must not."""

from __future__ import annotations

import msgspec


class Literals(msgspec.Struct, frozen=True):
    """True when every (condition, wanted truth) holds."""

    pairs: tuple[tuple[int, int], ...]


class All(msgspec.Struct, frozen=True):
    """True when every item is."""

    items: tuple[Formula, ...]


class Any_(msgspec.Struct, frozen=True):  # noqa: N801 - `Any` is taken by typing
    """True when any item is."""

    items: tuple[Formula, ...]


class ByPath(msgspec.Struct, frozen=True):
    """Of audience `bit`, which depends on how people came in: the rules to enter and to leave
    (None: no longer entering is leaving), the least stay and the least absence; see `paths`."""

    bit: int
    enters: Formula
    leaves: Formula | None
    hold_ms: int
    cooldown_ms: int


Formula = Literals | All | Any_ | ByPath

ALWAYS, NOT_EVER = Literals(()), Any_(())
