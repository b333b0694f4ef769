"""Overrides by hand on one person: what a command says, as the engine takes it."""

from __future__ import annotations

from ebbline import engine
from ebbline.definitions.refresh import listed_trait
from ebbline.engine.changes import Change
from ebbline.engine.profile import Profile
from ebbline.profiles.commands import ClearOverride, Command, Listing, Override


def steer(tables: engine.Tables, profile: Profile, command: Command, now_ms: int) -> list[Change]:
    """Carry out an override on a person who has been woken for everything due before `now_ms`;
    what changed by it. Nothing for an audience that is not in the plan (any more)."""
    if not isinstance(command, Override | ClearOverride) or command.audience not in tables.bits:
        return []
    changes = engine.wake(tables, profile, now_ms) if profile.wake_ms <= now_ms else []
    if isinstance(command, Override):
        return changes + engine.override(
            tables, profile, command.audience, command.inside, command.until_ms, now_ms
        )
    return changes + engine.clear_override(tables, profile, command.audience, now_ms)


def tell(tables: engine.Tables, profile: Profile, command: Listing, inside: bool,
         now_ms: int) -> list[Change]:  # fmt: skip
    """Carry out what the SQL of an audience said of a person who has been woken for everything
    due before `now_ms`. Nothing for an audience that is not in the plan (any more)."""
    bit = tables.bits.get(command.audience)
    if bit is None or not tables.plan.audiences[bit].sql:
        return []
    name = listed_trait(command.audience)
    return engine.give(tables, profile, name, inside, now_ms, command.id)
