"""Identifiers parted by hand, and commands as entries of the log."""

from __future__ import annotations

import pytest

from ebbline.profiles.commands import (
    ClearOverride,
    Merge,
    Override,
    Unmerge,
    decode_command,
    encode_command,
)
from ebbline.profiles.parted import Parted
from ebbline.profiles.resolve import Dropped
from tests.laws_identity.people import Town

U1, U2, A, D1 = ("user_id", "u1"), ("user_id", "u2"), ("email", "a@x.c"), ("anonymous_id", "d1")


def test_pairs_are_found_from_both_sides_and_lifted():
    parted = Parted([(U1, A), (D1, U1)])
    assert parted
    assert parted.others(U1) == {A, D1}
    assert parted.others(A) == {U1}
    assert list(parted) == [(D1, U1), (A, U1)]
    apart = parted.copy()
    apart.lift(U1, A)
    assert list(apart) == [(D1, U1)]
    apart.lift(U1, D1)
    assert not apart
    assert list(parted) == [(D1, U1), (A, U1)]


def test_an_event_that_names_both_keeps_the_stronger():
    town = Town()
    town.say(1, user="u1")
    town.say(2, email="a@x.c")
    town.graph.parted.add(U1, A)
    found = town.say(3, user="u1", email="a@x.c")
    assert found.dropped == (Dropped("email", "a@x.c", "parted"),)
    assert found.merges == ()
    assert town.graph.owner(*A) != town.graph.owner(*U1)


def test_a_new_identifier_is_kept_out_too():
    town = Town()
    town.graph.parted.add(U1, A)
    found = town.say(1, user="u1", email="a@x.c")
    assert found.dropped == (Dropped("email", "a@x.c", "parted"),)
    assert town.graph.owner(*A) is None


def test_people_who_hold_parted_identifiers_are_not_merged_by_others():
    town = Town()
    town.say(1, user="u1", device="d1")
    town.say(2, email="a@x.c", device="d2")
    town.graph.parted.add(U1, A)
    found = town.say(3, device="d1", email="b@x.c")
    assert not found.dropped
    found = town.say(4, email="b@x.c", device="d2")
    assert found.dropped == (Dropped("anonymous_id", "d2", "parted"),)


def test_a_parted_device_is_not_handed_over():
    town = Town()
    town.say(1, user="u1", device="d1")
    town.say(2, user="u2")
    town.graph.parted.add(U2, D1)
    found = town.say(3, user="u2", device="d1")
    assert found.moved == ()
    assert found.dropped == (Dropped("anonymous_id", "d1", "parted"),)


@pytest.mark.parametrize(
    "command",
    [
        Merge(id="1", who="sue", people=(U1, U2)),
        Unmerge(id="2", person=U1, cause="m1"),
        Unmerge(id="3", person=U1, leave=(A, D1), keep=(U1,), reason="why"),
        Override(id="4", person=U1, audience="vip", inside=False, until_ms=5),
        ClearOverride(id="5", person=U1, audience="vip"),
    ],
)
def test_commands_come_back_as_they_were(command):
    assert decode_command(encode_command(command)) == command


@pytest.mark.parametrize("data", [b"", b"{}", b'{"type":"dance","id":"1"}', b"[1]", b"\xff"])
def test_what_is_no_command_is_none(data):
    assert decode_command(data) is None
