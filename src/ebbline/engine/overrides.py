"""Memberships set by hand: they win over the rule until they are taken back or run out.

`override` and `clear_override` say what changed by that alone; the caller has woken the person
for everything due up to that instant.
"""

from __future__ import annotations

from ebbline.engine import advance
from ebbline.engine.changes import Change
from ebbline.engine.limits import NEVER
from ebbline.engine.profile import Profile
from ebbline.engine.tables import Tables


def override(tables: Tables, profile: Profile, audience: str, value: bool,
             until_ms: int | None, now_ms: int) -> list[Change]:  # fmt: skip
    """Put a person in (or out of) an audience until an instant or, without one, for good.

    One that would have run out by now only takes back what stood before it.
    """
    bit = tables.bits[audience]
    end_ms = NEVER if until_ms is None else until_ms
    if end_ms <= now_ms:
        return clear_override(tables, profile, audience, now_ms)
    if profile.overrides is None:
        profile.overrides = {}
    profile.overrides[bit] = (value, end_ms)
    return advance.look(tables, profile, (bit,), now_ms)


def clear_override(tables: Tables, profile: Profile, audience: str, now_ms: int) -> list[Change]:
    """Take back what was set by hand; nothing happens where nothing was."""
    bit = tables.bits[audience]
    if profile.overrides is None or bit not in profile.overrides:
        return []
    del profile.overrides[bit]
    profile.due.pop(-1 - bit, None)
    return advance.look(tables, profile, (bit,), now_ms)


def overridden(tables: Tables, profile: Profile, audience: str) -> tuple[bool, int | None] | None:
    """What was set by hand for an audience and until when, None where its rule counts."""
    entry = (profile.overrides or {}).get(tables.bits[audience])
    if entry is None:
        return None
    return entry[0], entry[1] if entry[1] < NEVER else None
