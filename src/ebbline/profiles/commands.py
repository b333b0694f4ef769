"""What people decide by hand about other people, as entries of the log.

Plain records. Who carries them out is the host; here is only what they say. A person is named
by any identifier, as (type, normal value), so a command means the same after a refold.
"""

from __future__ import annotations

import msgspec

from ebbline.profiles.identifiers import Pair


class _Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`id` stands in the ledger as the cause of what follows; `who` and `reason` are text for
    people."""

    id: str
    who: str = ""
    reason: str = ""


class Merge(_Said, frozen=True, tag="merge", kw_only=True):
    """Two people are one, whatever limits would say; what parted them before is lifted."""

    people: tuple[Pair, Pair]


class Unmerge(_Said, frozen=True, tag="unmerge", kw_only=True):
    """A person was never one person.

    With `cause` the merges made by that event or command are undone; else the identifiers of
    `leave` part from those of `keep` (or, when it is empty, from `person`).
    """

    person: Pair
    cause: str = ""
    leave: tuple[Pair, ...] = ()
    keep: tuple[Pair, ...] = ()


class Override(_Said, frozen=True, tag="override", kw_only=True):
    """A person is in an audience (or out of it), whatever its rule says, until an instant in
    UTC milliseconds or, without one, until the override is cleared."""

    person: Pair
    audience: str
    inside: bool
    until_ms: int | None = None


class ClearOverride(_Said, frozen=True, tag="clear_override", kw_only=True):
    """The rule of the audience counts again."""

    person: Pair
    audience: str


class Listing(_Said, frozen=True, tag="listing", kw_only=True):
    """What the SQL of an audience said at an instant that differs from what it said before.
    `digest` is that of the statement; a long result is several listings of one instant."""

    audience: str
    at_ms: int
    digest: str = ""
    entering: tuple[Pair, ...] = ()
    leaving: tuple[Pair, ...] = ()


Command = Merge | Unmerge | Override | ClearOverride | Listing

_decoder = msgspec.json.Decoder(Command)


def encode_command(command: Command) -> bytes:
    """The command as JSON."""
    return msgspec.json.encode(command)


def decode_command(data: bytes) -> Command | None:
    """The inverse of `encode_command`; None for what is no command this version knows."""
    try:
        found: Command = _decoder.decode(data)
    except msgspec.DecodeError:
        return None
    return found
