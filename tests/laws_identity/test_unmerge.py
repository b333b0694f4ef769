"""Laws of commands: an unmerge is as if the merge had never been, and a refold is the same."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ebbline.hosts.embedded.state.schema import KINDS
from ebbline.profiles.commands import Merge, Unmerge
from tests.laws.profile import law
from tests.laws_identity.world import CALM, PAIRS, WILD, Script, Tape, World, steps

STEPS = steps(WILD, 1, 24)
FEW = steps(CALM, 1, 8)


def played(steps_: list[Any]) -> Script:
    script = Script()
    for step in steps_:
        script.put(step)
    return script


@law
@given(STEPS)
def test_the_log_folded_again_gives_the_same_bytes(drawn: list[Any]) -> None:
    script = played(drawn)
    assert World(script.tape).run().whole() == script.world.whole()


@law
@given(STEPS, st.integers(0, 24))
def test_stopping_and_starting_anywhere_changes_nothing(drawn: list[Any], stop: int) -> None:
    script = played(drawn)
    with tempfile.TemporaryDirectory() as folder:
        world = World(script.tape, Path(folder) / "state.db").run(until=stop)
        world = world.again().run()
        assert world.whole() == script.world.whole()
        world.fold.store.close()


@law
@given(STEPS)
def test_the_ledger_tells_what_holds_and_parted_stays_parted(drawn: list[Any]) -> None:
    script = played(drawn)
    world = script.world
    told = world.told()
    tables = world.fold.tables
    members: dict[int, dict[str, bool]] = {}
    names = dict(world.rows("definitions"))
    for definition, profile, _, effective in world.rows("memberships"):
        members.setdefault(profile, {})[names[definition]] = bool(effective)
    for profile_id, *_ in world.rows("profiles"):
        profile = world.fold.people.person(profile_id).profile
        raw = {
            name: bool(profile.effective >> bit & 1)
            for bit, name in enumerate(tables.audiences)
            if profile.raw >> bit & 1
        }
        assert told.get(profile_id, {}) == raw == members.get(profile_id, {})
        assert profile.number == max(
            [row[2] for row in world.rows("ledger") if row[1] == profile_id], default=0
        )
    for one, other in world.fold.bonds.parted:
        owner = world.owner(one)
        assert owner is None or owner != world.owner(other)
    held = [pair for links in world.people() for pair in links]
    assert len(held) == len(set(held)) == len(world.rows("identifiers"))


@law
@given(FEW, st.sampled_from(PAIRS), st.sampled_from(PAIRS), FEW, FEW)
def test_merge_then_unmerge_is_as_if_never_merged(
    before: list[Any], one: Any, other: Any, between: list[Any], after: list[Any]
) -> None:
    script = played(before)
    owners = (script.world.owner(one), script.world.owner(other))
    if None in owners or owners[0] == owners[1]:
        return
    others = third_people(script.world)
    script.order(Merge(id="merge", people=(one, other)))
    for step in between:
        script.put(step)
    if third_people(script.world) != others:
        return  # what happened with other people meanwhile has happened
    script.order(Unmerge(id="unmerge", person=one, cause="merge"))
    script.world.run()
    outcome = script.world.rows("commands")[-1][-1]
    if outcome != "done":
        assert outcome.startswith("nobody would part")
        return
    if third_people(script.world) != others:
        return  # what happened with other people meanwhile has happened
    for step in after:
        script.put(step)
    apart = World(without_commands(script.tape))
    for pair in script.world.fold.bonds.parted:
        apart.fold.bonds.parted.add(*pair)
    apart.run()
    assert script.world.people() == apart.people()


def third_people(world: World) -> list[Any]:
    """How often people had to do with others in ways that depend on who they were: hand-overs of
    devices, identifiers kept out, merges by events."""
    counts = world.fold.counts
    handed = [row for row in world.rows("ledger") if row[3] == KINDS["linked"] and row[8] is None]
    drops = sum(count for what, count in counts.items() if what.startswith("dropped_"))
    merges = [row for row in world.rows("merges") if row[5] != "merge"]
    return [len(handed), drops, len(merges)]


def without_commands(tape: Tape) -> Tape:
    """The same tape with ticks in place of commands."""
    found = Tape()
    for entry in tape.entries:
        kind = "tick" if entry.kind == "command" else entry.kind
        found.add(entry.now_ms, kind, tape.events(entry))
    return found


@law
@given(FEW, FEW)
def test_an_event_that_merged_is_undone_and_does_not_merge_again(
    before: list[Any], after: list[Any]
) -> None:
    script = played(before)
    merges = script.world.rows("merges")
    if not merges:
        return
    cause = merges[-1][5]
    pair: Any = (merges[-1][6], merges[-1][7])
    script.order(Unmerge(id="unmerge", person=pair, cause=cause))
    script.world.run()
    if script.world.rows("commands")[-1][-1] != "done":
        return
    for step in after:
        script.put(step)
    # The very event comes again, long after anybody remembers its messageId.
    old = next(e for row in script.tape.entries for e in script.tape.events(row)
               if e.message_id == cause)  # fmt: skip
    script.tape.add(script.now_ms + 1, "events", [msgspec.structs.replace(old, message_id="z")])
    script.world.run()
    for one, other in script.world.fold.bonds.parted:
        assert script.world.owner(one) != script.world.owner(other)
