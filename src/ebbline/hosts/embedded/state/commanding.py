"""Commands of people on the fold: merge by hand, unmerge, overrides.

Each gives an outcome in words: "done", or why nothing was done. A command never stops the fold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ebbline import engine
from ebbline.engine.changes import Change
from ebbline.hosts.embedded.log import Entry
from ebbline.hosts.embedded.state.lifetime import History, Trimmed, lifetime
from ebbline.hosts.embedded.state.parting import Known, Parting
from ebbline.hosts.embedded.state.people import Person
from ebbline.hosts.embedded.state.placements import pack, unpack
from ebbline.hosts.embedded.state.steering import steer, tell
from ebbline.profiles.commands import (
    ClearOverride,
    Command,
    Listing,
    Merge,
    Override,
    Unmerge,
    decode_command,
)
from ebbline.profiles.graph import Identifier, in_priority_order, seniority
from ebbline.profiles.identifiers import ANONYMOUS_ID, Pair
from ebbline.profiles.limits import IDENTIFIERS_PER_PROFILE_MAX

if TYPE_CHECKING:
    from ebbline.hosts.embedded.state.fold import Fold

DONE = "done"


def carry_out(fold: Fold, entry: Entry) -> None:
    """Do what an entry of kind "command" says, at its instant.

    Everything folded so far is written first, inside the transaction that the next commit ends:
    an unmerge reads it back.
    """
    command = decode_command(entry.payload)
    if command is None:
        fold.counts["commands_unknown"] += 1
        return
    fold.write_open()
    person, outcome = _obey(fold, entry, command)
    fold.counts[f"commands_{'done' if outcome == DONE else 'void'}"] += 1
    if isinstance(command, Listing):  # the log has the names, this only that and when it was
        command = msgspec.structs.replace(command, entering=(), leaving=())
    fold.bonds.commanded(entry.offset, entry.now_ms, command, person, outcome)


def _obey(fold: Fold, entry: Entry, command: Command) -> tuple[int, str]:
    if isinstance(command, Listing):
        return 0, _list(fold, entry, command)
    named = command.people[0] if isinstance(command, Merge) else command.person
    owner = fold.people.owner(*named)
    if owner is None:
        return 0, f"nobody is known as {_spelled(named)}"
    fold.catch_up(fold.people.person(owner), entry.now_ms, entry.offset)
    match command:
        case Merge():
            return _merge(fold, entry, command, owner)
        case Unmerge():
            return owner, _unmerge(fold, entry, command, owner)
        case Override() | ClearOverride():
            return owner, _override(fold, entry, command, owner)


# -- what the SQL of audiences says ----------------------------------------------------------


def _list(fold: Fold, entry: Entry, command: Listing) -> str:
    """Tell people that they are named, or are not any more; who is nobody now is passed over."""
    for pairs, inside in ((command.leaving, False), (command.entering, True)):
        for pair in pairs:
            owner = fold.people.owner(*pair)
            if owner is not None:
                person = fold.people.person(owner)
                fold.catch_up(person, entry.now_ms, entry.offset)
                changes = tell(fold.tables, person.profile, command, inside, entry.now_ms)
                fold.settle(person, changes, entry.offset)
    return DONE


# -- overrides -------------------------------------------------------------------------------


def _override(fold: Fold, entry: Entry, command: Override | ClearOverride, owner: int) -> str:
    if command.audience not in fold.tables.bits:
        return f"there is no audience {command.audience}"
    person = fold.people.person(owner)
    changes = steer(fold.tables, person.profile, command, entry.now_ms)
    fold.settle(person, _caused(changes, command.id), entry.offset)
    fold.counts["overrides"] += 1
    return DONE


# -- merging by hand -------------------------------------------------------------------------


def _merge(fold: Fold, entry: Entry, command: Merge, owner: int) -> tuple[int, str]:
    people = fold.people
    other = people.owner(*command.people[1])
    if other is None:
        return owner, f"nobody is known as {_spelled(command.people[1])}"
    if other == owner:
        return owner, "they are one person already"
    fold.catch_up(people.person(other), entry.now_ms, entry.offset)
    held = [*people.identifiers(owner), *people.identifiers(other)]
    if len(held) > IDENTIFIERS_PER_PROFILE_MAX:
        return owner, f"together they would hold {len(held)} identifiers"
    places = sorted(seniority(people, fold.identity, each) for each in (owner, other))
    winner, loser = (people.person(place[-1]) for place in places)
    fold.bonds.lift([
        (pair, with_) for link in winner.identifiers
        for pair in [(link.type, link.value)]
        for with_ in fold.bonds.parted.others(pair) if people.owner(*with_) == loser.profile.id
    ])  # fmt: skip
    fold.join(winner, loser, entry.now_ms, entry.offset, command.id)
    changes = engine.wake(fold.tables, winner.profile, entry.now_ms)
    fold.settle(winner, _caused(changes, command.id), entry.offset)
    return winner.profile.id, DONE


# -- unmerging -------------------------------------------------------------------------------


def _unmerge(fold: Fold, entry: Entry, command: Unmerge, owner: int) -> str:
    pairs = _pairs(fold, command, owner)
    if isinstance(pairs, str):
        return pairs
    if fold.history is None:
        return "there is no log to read the past from"
    try:
        parting = _live_again(fold, fold.history, entry, owner, pairs)
    except Trimmed:
        return "some of this person's events are not in the log any more"
    parts = _parts(fold, parting, owner, Known(entry.offset, entry.now_ms))
    held = {(link.type, link.value) for each in parts.values() for link in each.identifiers}
    mine = [(link.type, link.value) for link in fold.people.identifiers(owner)]
    nobodys = [pair for pair in mine if pair not in held]
    if owner not in parts or (len(parts) == 1 and not nobodys):
        return "nobody would part: all identifiers belong to one side"
    _come_apart(fold, entry, command, owner, parting, parts, nobodys)
    fold.bonds.part([*pairs, *_anchors(parts, owner)], entry.offset)
    fold.counts["unmerges"] += 1
    return DONE


def _pairs(fold: Fold, command: Unmerge, owner: int) -> list[tuple[Pair, Pair]] | str:
    """The identifiers that part, or why there are none."""
    if command.cause:
        found = [
            (merging.winner_anchor, merging.loser_anchor)
            for merging in fold.bonds.merges(owner)
            if merging.cause == command.cause
        ]
        return found or f"no merge that made this person was caused by {command.cause}"
    keep = command.keep or (command.person,)
    for pair in (*keep, *command.leave):
        if fold.people.owner(*pair) != owner:
            return f"{_spelled(pair)} is not an identifier of this person"
    if not command.leave or set(keep) & set(command.leave):
        return "no identifiers are named that would part from others"
    return [(one, other) for one in keep for other in command.leave]


def _live_again(fold: Fold, history: History, entry: Entry, owner: int,
                pairs: list[tuple[Pair, Pair]]) -> Parting:  # fmt: skip
    parted = fold.bonds.parted.copy()
    for one, other in pairs:
        parted.add(one, other)

    def theirs(pair: Pair) -> bool:
        """Only devices ever go over to somebody else."""
        return pair[0] == ANONYMOUS_ID or fold.people.owner(*pair) in (owner, None)

    parting = Parting(fold.tables, fold.identity, parted, owner, fold.people.next_id, steer, theirs)
    for known in lifetime(fold.store, history, fold.bonds.kin(owner), entry.offset):
        parting.live(known)
    parting.pass_time(entry.now_ms)
    return parting


def _parts(fold: Fold, parting: Parting, owner: int, instant: Known) -> dict[int, Person]:
    """The people that came of it, with the identifiers that are still theirs to have.

    A device that somebody else logged in on since stays where it is; who has nothing left by
    which to be known joins the one who keeps the number.
    """
    now_linked = {(link.type, link.value): link for link in fold.people.identifiers(owner)}
    held: dict[int, list[Identifier]] = {
        profile: [
            _latest(link, now_linked.get((link.type, link.value), link))
            for link in parting.graph.identifiers(profile)
            if fold.people.owner(link.type, link.value) in (owner, None)
        ]
        for profile in parting.people
    }
    if held.get(owner):
        parting.gather([each for each, links in held.items() if not links], instant)
    return {
        profile: Person(parting.people[profile], in_priority_order(fold.identity, links))
        for profile, links in sorted(held.items())
        if links
    }


def _latest(link: Identifier, now: Identifier) -> Identifier:
    """A device may have gone over to somebody else and come back, which was another's doing."""
    came_back = (now.first_ms, now.first_message_id) > (link.first_ms, link.first_message_id)
    return now if came_back and link.type == ANONYMOUS_ID else link


def _come_apart(fold: Fold, entry: Entry, command: Unmerge, owner: int, parting: Parting,
                parts: dict[int, Person], nobodys: list[Pair]) -> None:  # fmt: skip
    """Put the people in place of the one that was, and say what changes by it."""
    before = fold.people.person(owner).profile
    old = fold.bonds.merges(owner)
    numbers = {merging.loser: merging.number for merging in old}
    for profile, person in parts.items():
        person.profile.number = before.number if profile == owner else numbers.get(profile, 0)
    fold.people.part(parts.values(), nobodys, max(parting.next_id, fold.people.next_id))
    for profile, person in parts.items():
        if profile != owner:
            back = engine.note(person.profile, "unmerged", "", entry.now_ms, command.id, owner)
            fold.rows.add([back], entry.offset)
    for profile, person in parts.items():
        known = before if profile == owner else None
        changes = engine.corrections(fold.tables, known, person.profile, entry.now_ms, command.id)
        fold.settle(person, changes, entry.offset)
    new = [
        msgspec.structs.replace(merging, number=numbers.get(merging.loser, 0))
        for merging in parting.merges
    ]
    fold.bonds.rewrite(old, new, command.id)
    fold.store.rewrite_merged(numbers, [(one.loser, one.winner, one.at_ms) for one in new])
    _place_anew(fold, parting)


def _place_anew(fold: Fold, parting: Parting) -> None:
    """Events that turn out to be another person's."""
    rows: list[tuple[int, bytes]] = []
    for offset, places in sorted(parting.places.items()):
        owners = list(unpack(fold.store.placement(offset)))
        for place, profile in places.items():
            owners[place] = profile
        rows.append((offset, pack(owners)))
    fold.store.put_placements(rows)


def _anchors(parts: dict[int, Person], owner: int) -> list[tuple[Pair, Pair]]:
    """The strongest identifiers of those who part, as they stand now."""
    best = {profile: person.anchor() for profile, person in parts.items()}
    kept = best.pop(owner)
    return [(kept, other) for other in best.values()]


def _caused(changes: list[Change], cause: str) -> list[Change]:
    return [msgspec.structs.replace(change, cause=cause) for change in changes]


def _spelled(pair: Pair) -> str:
    return f"{pair[0]}:{pair[1]}"
