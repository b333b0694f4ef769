"""Laws of identity resolution over random calls of a few people on a few devices."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ebbline.definitions.plan import IdentifierRule
from ebbline.events.event import Event
from ebbline.profiles.graph import Identifier
from ebbline.profiles.graph_memory import GraphMemory
from ebbline.profiles.identifiers import IdentityRules, Pair
from ebbline.profiles.resolve import Resolution, resolve_known
from tests.laws.profile import law
from tests.laws_identity.people import RULES, WIDE, Town, event

TIGHT = IdentityRules(
    [
        IdentifierRule("user_id", 1),
        IdentifierRule("email", 2),
        IdentifierRule("phone", 1),
        IdentifierRule("anonymous_id", 3),
    ]
)
USERS = st.sampled_from([None, "u1", "u2", "u3", "null"])
DEVICES = st.sampled_from([None, "d1", "d2", "d3", "d4", "d5"])
EMAILS = st.sampled_from([None, "a@x.com", "b@x.com", "C@x.com", "c@x.com"])
PHONES = st.sampled_from([None, "+491234567", "004912345-67", "5550100"])
PREVIOUS = st.sampled_from([None, "u1", "u2", "d1", "d2", "p1"])
CALLS = st.sampled_from(["track", "identify", "alias"])


@st.composite
def histories(draw: st.DrawFn, *, calls: int = 12) -> list[Event]:
    """Events in order of arrival, at random times, each naming somebody."""
    drawn = draw(
        st.lists(
            st.tuples(st.integers(1, 20), CALLS, USERS, DEVICES, EMAILS, PHONES, PREVIOUS),
            min_size=1,
            max_size=calls,
        )
    )
    events = []
    for number, (at_ms, kind, user, device, email, phone, previous) in enumerate(drawn):
        traits = {name: v for name, v in (("email", email), ("phone", phone)) if v is not None}
        said = {"user": user, "device": device, "previous": previous, "id": f"m{number}"}
        events.append(event(at_ms, kind, context={"traits": traits}, **said))
    return [one for one in events if WIDE.identifiers(one)]


def components(events: list[Event]) -> set[frozenset[Pair]]:
    """Connected components of the identifiers, by the obvious slow way."""
    parts: list[set[Pair]] = []
    for one in events:
        named = set(WIDE.identifiers(one))
        touched = [part for part in parts if part & named]
        parts = [part for part in parts if not part & named]
        parts.append(named.union(*touched))
    return {frozenset(part) for part in parts}


def picture(town: Town) -> dict[int, tuple[Identifier, ...]]:
    """The whole graph as a value."""
    return {profile: town.graph.identifiers(profile) for profile in town.graph.profiles()}


@law
@given(histories(), st.randoms(use_true_random=False))
def test_without_limits_people_are_connected_components_in_any_order(
    events: list[Event], chance: Random
) -> None:
    shuffled = list(events)
    chance.shuffle(shuffled)
    for order in (events, shuffled):
        town = Town(WIDE)
        for one in order:
            town.feed(one)
        assert town.parts() == components(events)


@law
@given(histories(), st.sampled_from([RULES, TIGHT, WIDE]))
def test_each_identifier_has_one_owner_and_each_profile_an_identifier(
    events: list[Event], rules: IdentityRules
) -> None:
    town = Town(rules)
    for one in events:
        resolution = town.feed(one)
        assert resolution.profile in town.graph
        assert all(loser not in town.graph for _, loser in resolution.merges)
        held = [pair for part in town.parts() for pair in part]
        assert len(held) == len(set(held))
        for profile in town.graph.profiles():
            links = town.graph.identifiers(profile)
            assert links
            assert all(town.graph.owner(link.type, link.value) == profile for link in links)
            ranks = [rules.rank(link.type) for link in links]
            assert ranks == sorted(ranks)


@law
@given(histories(), st.sampled_from([RULES, TIGHT]))
def test_limits_are_never_broken_and_two_users_never_merged(
    events: list[Event], rules: IdentityRules
) -> None:
    town = Town(rules)
    for one in events:
        users = {name: town.graph.owner("user_id", name) for name in ("u1", "u2", "u3")}
        town.feed(one)
        for name, before in users.items():
            if before is not None:
                others = [users[other] for other in users if other != name]
                assert town.graph.owner("user_id", name) not in others
        for profile in town.graph.profiles():
            types = [link.type for link in town.graph.identifiers(profile)]
            assert all(types.count(kind) <= rules.limits[kind] for kind in set(types))


@law
@given(histories(), st.sampled_from([RULES, TIGHT, WIDE]))
def test_the_same_event_again_changes_nothing(events: list[Event], rules: IdentityRules) -> None:
    town = Town(rules)
    for one in events:
        first = town.feed(one)
        before = picture(town)
        again = town.feed(one)
        assert (again.profile, again.created) == (first.profile, False)
        assert (again.links, again.merges, again.moved) == ((), (), ())
        assert picture(town) == before


@law
@given(histories(), st.sampled_from([RULES, TIGHT, WIDE]), st.integers(0, 12))
def test_a_graph_put_back_from_its_links_decides_the_same(
    events: list[Event], rules: IdentityRules, stop: int
) -> None:
    town = Town(rules)
    restored = Town(rules)
    for number, one in enumerate(events):
        if number == stop:
            fresh = GraphMemory(rules)
            for profile in restored.graph.profiles():
                fresh.load(profile, restored.graph.identifiers(profile))
            restored.graph = fresh
        assert restored.feed(one) == town.feed(one)
    assert picture(restored) == picture(town)


@law
@given(histories(), st.sampled_from([RULES, TIGHT, WIDE]))
def test_every_identifier_of_an_event_is_accounted_for(
    events: list[Event], rules: IdentityRules
) -> None:
    town = Town(rules)
    for one in events:
        pairs = rules.identifiers(one)
        before = {pair: town.graph.owner(*pair) for pair in pairs}
        resolution = town.feed(one)
        dropped = {(item.type, item.value) for item in resolution.dropped}
        moved = {(item.type, item.value): item.origin for item in resolution.moved}
        assert set(resolution.links) == {p for p in pairs if before[p] is None} - dropped
        assert pairs[0] not in dropped
        for pair in pairs:
            after = town.graph.owner(*pair)
            assert after == (before[pair] if pair in dropped else resolution.profile)
            assert pair not in moved or moved[pair] == before[pair]


@law
@given(histories(), st.sampled_from([RULES, TIGHT]))
def test_merge_protection_keeps_the_longest_run_that_fits(
    events: list[Event], rules: IdentityRules
) -> None:
    town = Town(rules)
    for one in events:
        kept = longest_run(town, rules.identifiers(one))
        resolution = town.feed(one)
        out = {(item.type, item.value) for item in resolution.dropped}
        out |= {(item.type, item.value) for item in resolution.moved}
        assert not out & set(kept)


def longest_run(town: Town, pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
    """Merge protection as it is usually told: drop the weakest, try again, until it fits."""
    for size in range(len(pairs), 0, -1):
        union = set(pairs[:size])
        for pair in pairs[:size]:
            owner = town.graph.owner(*pair)
            if owner is not None:
                links = town.graph.identifiers(owner)
                union |= {(link.type, link.value) for link in links}
        types = [kind for kind, _ in union]
        if all(types.count(kind) <= town.rules.limits[kind] for kind in types):
            return pairs[:size]
    return ()


@law
@given(histories(), st.sampled_from([RULES, TIGHT, WIDE]))
def test_the_hot_path_agrees_with_the_long_way(events: list[Event], rules: IdentityRules) -> None:
    town = Town(rules)
    for one in events + events:
        known = resolve_known(town.graph, rules.identifiers(one))
        resolution = town.feed(one)
        assert known is None or resolution == Resolution(known)


@law
@given(st.permutations(range(1, 7)), st.integers(1, 6))
def test_a_device_ends_with_the_last_of_users_who_log_in_once(
    times: list[int], between: int
) -> None:
    town = Town(RULES)
    logins = [event(at_ms, user=f"u{at_ms}", device="d1") for at_ms in times]
    for login in logins[:between] + logins:
        town.feed(login)
    assert town.graph.owner("anonymous_id", "d1") == town.graph.owner("user_id", "u6")


@law
@given(histories(), st.sampled_from([RULES, TIGHT, WIDE]))
def test_the_winner_of_a_merge_has_the_stronger_identifier_and_then_is_older(
    events: list[Event], rules: IdentityRules
) -> None:
    town = Town(rules)
    for one in events:
        before = picture(town)
        ages = {profile: town.graph.created_ms(profile) for profile in before}
        merges = town.feed(one).merges
        for winner, loser in merges:
            ranks = [
                min(rules.rank(link.type) for link in before[profile])
                for profile in (winner, loser)
            ]
            assert (ranks[0], ages[winner], winner) < (ranks[1], ages[loser], loser)
        assert all(first[0] == second[0] for first, second in pairwise(merges))


@law
@given(histories())
def test_identifiers_are_in_normal_form_already(events: list[Event]) -> None:
    for one in events:
        for kind, value in RULES.identifiers(one):
            named: dict[str, Any] = {kind: value}
            if kind in {"email", "phone"}:
                named = {"context": {"traits": {kind: value}}}
            blank: dict[str, Any] = {"user_id": None, "anonymous_id": None, "context": {}}
            alone = msgspec.structs.replace(one, **(blank | {"previous_id": None} | named))
            assert RULES.identifiers(alone) == ((kind, value),)
