"""One person's identity and how it came about, read from state.db."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ebbline.hosts.embedded.state.bonds import Merging
from ebbline.profiles.commands import Command, decode_command
from ebbline.profiles.graph import Identifier
from ebbline.profiles.identifiers import Pair

Rows = Callable[[str, tuple[Any, ...]], list[Any]]

_KIN = """
WITH RECURSIVE kin (id) AS (
    SELECT ?1 UNION SELECT loser FROM merges, kin WHERE winner = kin.id)
"""
_MERGES = f"""{_KIN}
SELECT log_offset, at_ms, winner, loser, cause, winner_type, winner_value, loser_type,
    loser_value, number, undone_by
FROM merges WHERE winner IN (SELECT id FROM kin) OR loser = ?1 ORDER BY id
"""  # noqa: S608 - the parts stand above
_PARTED = """
SELECT one_type, one_value, other_type, other_value, command FROM parted
ORDER BY command, one_type, one_value, other_type, other_value
"""
_DROPS = f"""{_KIN}
SELECT type, value, reason, first_message, first_ms, last_ms, times FROM drops
WHERE profile IN (SELECT id FROM kin) ORDER BY first_ms, type, value
"""  # noqa: S608 - the parts stand above
_COMMANDS = f"""{_KIN}
SELECT log_offset, at_ms, command, outcome FROM commands
WHERE profile IN (SELECT id FROM kin) OR log_offset IN (SELECT value FROM json_each(?2))
ORDER BY log_offset
"""  # noqa: S608 - the parts stand above


class Joined(msgspec.Struct, frozen=True):
    """A merge, and the command that undid it (empty: it stands)."""

    merging: Merging
    undone_by: str


class Apart(msgspec.Struct, frozen=True):
    """Two identifiers that were parted by hand; `mine` is the person's."""

    mine: Pair
    other: Pair
    log_offset: int


class Kept(msgspec.Struct, frozen=True):
    """An identifier that protection kept out of the person, why, and how often."""

    type: str
    value: str
    reason: str
    first_message_id: str
    first_ms: int
    last_ms: int
    times: int


class Commanded(msgspec.Struct, frozen=True):
    """A command about the person and what came of it."""

    log_offset: int
    at_ms: int
    command: Command | None
    outcome: str


class Identity(msgspec.Struct, frozen=True):
    """Everything that is known of who a person is. An identifier's first event or command
    stands with it."""

    profile: int
    identifiers: tuple[Identifier, ...]
    merges: tuple[Joined, ...]
    parted: tuple[Apart, ...]
    dropped: tuple[Kept, ...]
    commands: tuple[Commanded, ...]


def identity(rows: Rows, profile: int, identifiers: tuple[Identifier, ...]) -> Identity:
    """The identity of a person whose identifiers are known; `rows` runs a query."""
    mine = {(link.type, link.value) for link in identifiers}
    parted: list[Apart] = []
    for kind, value, other_kind, other_value, offset in rows(_PARTED, ()):
        one, other = (kind, value), (other_kind, other_value)
        if one in mine or other in mine:
            parted.append(Apart(one, other, offset) if one in mine else Apart(other, one, offset))
    by = msgspec.json.encode([apart.log_offset for apart in parted]).decode()
    return Identity(
        profile,
        identifiers,
        tuple(_joined(row) for row in rows(_MERGES, (profile,))),
        tuple(parted),
        tuple(Kept(*row) for row in rows(_DROPS, (profile,))),
        tuple(
            Commanded(offset, at_ms, decode_command(text.encode()), outcome)
            for offset, at_ms, text, outcome in rows(_COMMANDS, (profile, by))
        ),
    )


def _joined(row: tuple[Any, ...]) -> Joined:
    offset, at_ms, winner, loser, cause, kind, value, other, name, number, undone_by = row
    merging = Merging(offset, at_ms, winner, loser, cause, (kind, value), (other, name), number)
    return Joined(merging, undone_by or "")
