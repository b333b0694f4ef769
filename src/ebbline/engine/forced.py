"""What overrides do while audiences are evaluated; see `overrides` for setting them."""

from __future__ import annotations

from ebbline.engine.formulas import ALWAYS, NOT_EVER, Formula
from ebbline.engine.limits import NEVER
from ebbline.engine.profile import Profile


def in_force(formulas: list[Formula], profile: Profile, now_ms: int) -> list[Formula]:
    """The formulas of all audiences for somebody with overrides; those that have run out are
    forgotten, the others are looked at again when they do."""
    found = list(formulas)
    overrides = profile.overrides or {}
    for bit, (value, end_ms) in list(overrides.items()):
        if end_ms <= now_ms:
            del overrides[bit]
            continue
        found[bit] = ALWAYS if value else NOT_EVER
        if end_ms < NEVER:
            profile.due[-1 - bit] = end_ms
        else:
            profile.due.pop(-1 - bit, None)
    return found


def inherit(winner: Profile, loser: Profile, now_ms: int) -> None:
    """Give the winner of a merge the loser's overrides, where there are none of its own, to be
    looked at now."""
    for bit, entry in (loser.overrides or {}).items():
        if winner.overrides is None:
            winner.overrides = {}
        if bit not in winner.overrides:
            winner.overrides[bit] = entry
            winner.due[-1 - bit] = now_ms
