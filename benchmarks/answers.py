"""Whether what was measured also gave the right answer: member lists against the oracle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import apsw
import msgspec

from benchmarks.case import Case
from ebbline.profiles.graph import Identifier
from ebbline.profiles.identifiers import ANONYMOUS_ID, USER_ID

_identifiers = msgspec.json.Decoder(tuple[Identifier, ...])


class WrongAnswer(Exception):
    """The memberships differ from the oracle's: no figure of this run is worth anything."""


def hold(case: Case, members: Mapping[str, Sequence[str]], stage: str) -> str:
    """The digest of the member lists; WrongAnswer unless it is the oracle's."""
    got, wanted = case.workload.digest(members), case.expected()
    if got != wanted:
        sizes = {name: len(people) for name, people in members.items()}
        message = (
            f"{stage}: the memberships of {case.file.name} under {case.audiences} audiences have"
            f" digest {got}, the oracle says {wanted}. Sizes: {sizes}"
        )
        raise WrongAnswer(message)
    return got


def members_of(state: Path, audiences: Iterable[str]) -> dict[str, list[str]]:
    """Who is in each audience, as a state.db says."""
    found: dict[str, list[str]] = {name: [] for name in audiences}
    db = apsw.Connection(str(state), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        for audience, identifiers in db.execute("SELECT audience, identifiers FROM members"):
            found[str(audience)].append(name_of(_identifiers.decode(str(identifiers))))
    finally:
        db.close()
    return found


def flips_of(state: Path) -> list[tuple[int, str, str, bool]]:
    """All entries and exits a state.db tells of, as (at_ms, who, audience, in): people by what
    they turned out to be, whoever was merged into them included."""
    db = apsw.Connection(str(state), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        winners: dict[int, int] = dict(db.execute("SELECT loser, winner FROM merged"))
        names = {
            profile: name_of(_identifiers.decode(str(identifiers)))
            for profile, identifiers in db.execute("SELECT id, identifiers FROM profiles")
        }
        found = []
        for at_ms, profile, audience, kind in db.execute(
            "SELECT at_ms, profile, definition, kind FROM ledger_entries"
            " WHERE kind IN ('entered', 'exited')"
        ):
            while profile in winners:
                profile = winners[profile]  # noqa: PLW2901 - follow to the last one
            found.append((at_ms, names[profile], audience, kind == "entered"))
        return found
    finally:
        db.close()


def name_of(identifiers: Iterable[Identifier]) -> str:
    """A person as the oracle names people: by user id, else by device."""
    values = {link.type: link.value for link in reversed(tuple(identifiers))}
    return values.get(USER_ID) or values[ANONYMOUS_ID]
