"""Tracks, evaluation, timers, membership and priority: what Ebbline exists for. Pure."""

from ebbline.engine.advance import apply, give, merge, new_profile, note, refresh, trait_value, wake
from ebbline.engine.changes import Change
from ebbline.engine.compiling import compile_plan
from ebbline.engine.correcting import corrections
from ebbline.engine.limits import NEVER
from ebbline.engine.overrides import clear_override, overridden, override
from ebbline.engine.profile import Profile, decode_profile, encode_profile
from ebbline.engine.tables import Tables
from ebbline.engine.wheel import Wheel

__all__ = [
    "NEVER",
    "Change",
    "Profile",
    "Tables",
    "Wheel",
    "apply",
    "clear_override",
    "compile_plan",
    "corrections",
    "decode_profile",
    "encode_profile",
    "give",
    "merge",
    "new_profile",
    "note",
    "overridden",
    "override",
    "refresh",
    "trait_value",
    "wake",
]
