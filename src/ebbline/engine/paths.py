"""Audiences that depend on how people came in: rules to enter and to leave, least times.

A person's state holds, for such audiences only, since when they are in or out. A change that a
least time still forbids is looked at again when it is over: the profile's `due` then holds the
audience under `-1 - bit`, where conditions that may flip stand under their group's place.
"""

from __future__ import annotations

from collections.abc import Iterable

from ebbline.definitions.plan import AudienceDef
from ebbline.engine.formulas import ByPath
from ebbline.engine.limits import NEVER
from ebbline.engine.profile import Profile
from ebbline.engine.tables import holds


def depends_on_past(audience: AudienceDef) -> bool:
    """Whether membership is no function of what is known at an instant."""
    return audience.exit_when is not None or audience.hold_ms > 0 or audience.cooldown_ms > 0


def member_by_path(formula: ByPath, profile: Profile, now_ms: int) -> bool:
    """Whether a person is in from now on, and in `due` when to look again if that is forbidden
    to change by now."""
    bit, truth = formula.bit, profile.truth
    member = profile.raw >> bit & 1 == 1
    wanted = not leaves(formula, truth) if member else holds(formula, truth)
    if wanted != member:
        again_ms = may_change_from(formula, profile)
        if again_ms > now_ms:
            profile.due[-1 - bit] = again_ms
            return member
    profile.due.pop(-1 - bit, None)
    return wanted


def leaves(formula: ByPath, truth: bytearray) -> bool:
    """Whether the rule by which people leave is true."""
    if formula.leaves is None:
        return not holds(formula.enters, truth)
    return holds(formula.leaves, truth)


def may_change_from(formula: ByPath, profile: Profile) -> int:
    """The instant at which the least stay, or the least absence, is over."""
    since = None if profile.since is None else profile.since.get(formula.bit)
    if since is None:
        return -NEVER
    inside = profile.raw >> formula.bit & 1
    return since + (formula.hold_ms if inside else formula.cooldown_ms)


def remember(by_path: frozenset[int], profile: Profile, flipped: Iterable[int],
             now_ms: int) -> None:  # fmt: skip
    """Keep since when the person is in or out of what depends on it."""
    for bit in flipped:
        if bit in by_path:
            if profile.since is None:
                profile.since = {}
            profile.since[bit] = now_ms


def take_due(profile: Profile, places: Iterable[int]) -> tuple[int, ...]:
    """The audiences among what is due, which are due no more."""
    bits = sorted(-1 - place for place in places if place < 0)
    for bit in bits:
        del profile.due[-1 - bit]
    return tuple(bits)
