"""Commands that cannot be done, or are not understood, change nothing and say so."""

from __future__ import annotations

from collections.abc import Iterator

from ebbline.events.event import Event
from ebbline.hosts.embedded.log import Entry
from ebbline.profiles.commands import Merge, Unmerge, encode_command
from tests.laws_identity.world import BASE_MS, Tape, World

ANA, BEN = ("user_id", "u1"), ("anonymous_id", "d1")


class Trimmed(Tape):
    """A log whose first entry is not kept any more."""

    def read(self, after_offset: int, limit: int | None = None) -> Iterator[Entry]:
        """As `Log.read`, without the first entry where single ones are asked for."""
        found = super().read(after_offset, limit)
        return (entry for entry in found if limit is None or entry.offset > 1)


def world(tape: Tape) -> World:
    """Two people who were made one."""
    calls = [("u1", None), (None, "d1"), ("u1", "d1"), (None, "d1")]
    for number, (user, device) in enumerate(calls):
        now_ms = BASE_MS + number
        one = Event(f"m{number}", "track", "View", now_ms, now_ms, user, device, {}, {}, {})
        tape.add(now_ms, "events", [one])
    return World(tape).run()


def order(found: World, payload: bytes) -> list[str]:
    """The outcomes of all commands, after one more."""
    found.tape.add(BASE_MS + 100, "command", payload=payload)
    found.run()
    return [row[-1] for row in found.rows("commands")]


def test_a_past_that_is_not_in_the_log_any_more_cannot_be_lived_again():
    found = world(Trimmed())
    before = found.people()
    outcomes = order(found, encode_command(Unmerge(id="undo", person=ANA, cause="m2")))
    assert outcomes == ["some of this person's events are not in the log any more"]
    assert found.people() == before
    assert not found.fold.bonds.parted


def test_without_a_log_there_is_no_past():
    found = world(Tape())
    found.fold.history = None
    outcomes = order(found, encode_command(Unmerge(id="undo", person=ANA, cause="m2")))
    assert outcomes == ["there is no log to read the past from"]


def test_a_command_of_a_newer_ebbline_is_passed_over_and_counted():
    found = world(Tape())
    assert order(found, b'{"type":"dance","id":"1"}') == []
    assert found.fold.counts["commands_unknown"] == 1
    assert found.fold.offset == len(found.tape.entries)


def test_the_one_who_was_merged_away_is_back_under_its_number():
    found = world(Tape())
    (merging,) = found.fold.bonds.merges(found.owner(ANA))
    assert order(found, encode_command(Unmerge(id="undo", person=BEN, cause="m2"))) == ["done"]
    assert found.owner(BEN) == merging.loser
    assert found.owner(ANA) == merging.winner
    numbers = [row[2] for row in found.rows("ledger") if row[1] == merging.loser]
    assert numbers == list(range(1, len(numbers) + 1))


def test_people_of_a_chain_part_in_the_middle():
    """B became part of A, then C did by one of B's identifiers: without A, C is B's."""
    tape = Tape()
    calls = [("u1", None, None), (None, "d1", None), (None, None, "c@x.c"),
             ("u1", "d1", None), (None, "d1", "c@x.c")]  # fmt: skip
    for number, (user, device, mail) in enumerate(calls):
        now_ms = BASE_MS + number
        traits = {"traits": {"email": mail}} if mail else {}
        one = Event(f"m{number}", "track", "View", now_ms, now_ms, user, device, {}, {}, traits)
        tape.add(now_ms, "events", [one])
    found = World(tape).run()
    assert len(found.fold.bonds.kin(found.owner(ANA))) == 3
    assert order(found, encode_command(Unmerge(id="undo", person=ANA, cause="m3"))) == ["done"]
    assert found.owner(BEN) == found.owner(("email", "c@x.c")) != found.owner(ANA)
    (merging,) = found.fold.bonds.merges(found.owner(BEN))
    assert merging.cause == "m4"
    both = encode_command(Merge(id="join", people=(ANA, BEN)))
    assert order(found, both)[-1] == "done"
    assert not found.fold.bonds.parted
    assert found.owner(ANA) == found.owner(("email", "c@x.c"))
