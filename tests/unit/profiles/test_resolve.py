"""Creating, joining, merging, merge protection, device hand-over and alias, case by case."""

from __future__ import annotations

import msgspec
import pytest

from ebbline.definitions.plan import DEFAULT_IDENTIFIERS, IdentifierRule
from ebbline.errors import Invariant
from ebbline.profiles.graph import Identifier
from ebbline.profiles.graph_memory import GraphMemory
from ebbline.profiles.identifiers import IdentityRules
from ebbline.profiles.limits import IDENTIFIERS_PER_PROFILE_MAX
from ebbline.profiles.resolve import Dropped, Moved, Resolution, resolve
from tests.laws_identity.people import RULES, WIDE, Town, event


def test_nobody_known_makes_a_profile() -> None:
    town = Town()
    assert town.say(user="u1", device="d1") == Resolution(
        1, created=True, links=(("user_id", "u1"), ("anonymous_id", "d1"))
    )


def test_an_event_that_names_nobody_has_no_resolution() -> None:
    assert resolve(GraphMemory(RULES), RULES, event(user="null", device=" "), 1) is None


def test_one_known_is_joined_and_the_link_remembers_its_event() -> None:
    town = Town()
    town.say(5, device="d1")
    assert town.say(9, user="u1", device="d1") == Resolution(1, links=(("user_id", "u1"),))
    assert town.graph.identifiers(1) == (
        Identifier("user_id", "u1", "m9", 9),
        Identifier("anonymous_id", "d1", "m5", 5),
    )
    assert town.graph.created_ms(1) == 5


def test_all_known_changes_nothing() -> None:
    town = Town()
    town.say(1, user="u1", device="d1")
    assert town.say(2, user="u1", device="d1") == Resolution(1)
    assert town.say(3, device="d1") == Resolution(1)


def test_login_merges_the_anonymous_person_into_the_user() -> None:
    town = Town()
    town.say(1, device="d1")
    town.say(2, user="u1", device="d2")
    login = town.say(3, user="u1", device="d1")
    assert login == Resolution(2, merges=((2, 1),))
    assert 1 not in town.graph
    assert town.graph.created_ms(2) == 1


def test_winner_by_priority_then_age_then_id() -> None:
    town = Town(WIDE)
    town.say(30, device="d1")
    town.say(20, email="a@b.c")
    town.say(25, email="b@b.c")
    town.say(20, email="c@b.c", id="z")
    merged = town.say(40, email="c@b.c", context={"traits": {"email": "b@b.c"}})
    assert merged.merges == ((4, 3),)
    merged = town.say(41, email="c@b.c", context={"traits": {"email": "a@b.c"}}, device="d1")
    assert merged.merges == ((2, 4), (2, 1))


def test_merge_protection_drops_the_weaker_identifier_of_this_event() -> None:
    town = Town()
    town.say(1, user="abc123", email="jane@x.com")
    second = town.say(2, user="abc456", email="jane@x.com")
    assert second.created
    assert second.links == (("user_id", "abc456"),)
    assert second.dropped == (Dropped("email", "jane@x.com", "limit"),)
    assert town.graph.owner("email", "jane@x.com") == 1


def test_what_does_not_stand_in_the_way_is_kept() -> None:
    town = Town()
    town.say(1, user="u1", email="shared@x.com")
    town.say(2, device="d2")
    login = town.say(3, user="u2", email="shared@x.com", device="d2")
    assert login.profile == 2
    assert login.links == (("user_id", "u2"),)
    assert [dropped.type for dropped in login.dropped] == ["email"]


def test_an_identifier_over_the_limit_is_not_attached() -> None:
    town = Town()
    for n in range(5):
        town.say(n + 1, user="u1", email=f"e{n}@x.com")
    sixth = town.say(9, user="u1", email="e5@x.com", device="d1")
    assert sixth.links == (("anonymous_id", "d1"),)
    assert sixth.dropped == (Dropped("email", "e5@x.com", "limit"),)
    assert town.graph.owner("email", "e5@x.com") is None


def test_a_tightened_limit_leaves_old_profiles_alone() -> None:
    town = Town(WIDE)
    for n in range(7):
        town.say(n + 1, user="u1", email=f"e{n}@x.com")
    town.say(8, device="d1")
    strict = RULES
    seen = resolve(town.graph, strict, event(9, user="u1", device="d1"), 99)
    assert seen == Resolution(1, merges=((1, 2),))
    refused = resolve(town.graph, strict, event(9, user="u1", email="e9@x.com"), 99)
    assert refused == Resolution(1, dropped=(Dropped("email", "e9@x.com", "limit"),))


def test_a_device_goes_to_whoever_logs_in_next_and_people_stay_apart() -> None:
    town = Town()
    town.say(1, user="u1", device="d1")
    assert town.say(2, user="u2", device="d1") == Resolution(
        2,
        created=True,
        links=(("user_id", "u2"),),
        moved=(Moved("anonymous_id", "d1", 1),),
    )
    assert town.say(3, device="d1") == Resolution(2)
    back = town.say(4, user="u1", device="d1")
    assert back == Resolution(1, moved=(Moved("anonymous_id", "d1", 2),))
    assert town.graph.identifiers(1)[-1] == Identifier("anonymous_id", "d1", "m4", 4)
    assert town.graph.identifiers(2) == (Identifier("user_id", "u2", "m2", 2),)


def test_a_late_event_does_not_take_a_device_back() -> None:
    town = Town()
    town.say(10, user="u1", device="d1")
    town.say(20, user="u2", device="d1")
    late = town.say(15, user="u1", device="d1")
    assert late == Resolution(1, dropped=(Dropped("anonymous_id", "d1", "later_login"),))
    assert town.graph.owner("anonymous_id", "d1") == 2


def test_two_logins_in_either_order_leave_the_device_with_the_later() -> None:
    logins = [event(10, user="u1", device="d1"), event(20, user="u2", device="d1")]
    for order in (logins, logins[::-1]):
        town = Town()
        for login in order:
            town.feed(login)
        assert town.graph.owner("anonymous_id", "d1") == town.graph.owner("user_id", "u2")


def test_an_email_alone_takes_no_device_over() -> None:
    town = Town()
    town.say(1, user="u1", device="d1")
    town.say(2, user="u2", email="two@x.com")
    seen = town.say(3, email="two@x.com", device="d1")
    assert seen.profile == 2
    assert not seen.moved
    assert not seen.merges
    assert town.graph.owner("anonymous_id", "d1") == 1


def test_a_full_person_gets_no_device_handed_over() -> None:
    rules = IdentityRules([IdentifierRule("user_id", 1), IdentifierRule("anonymous_id", 1)])
    town = Town(rules)
    town.say(1, user="u1", device="d1")
    town.say(2, user="u2", device="d2")
    assert town.say(3, user="u2", device="d1").dropped == (Dropped("anonymous_id", "d1", "limit"),)


def test_a_device_of_anonymous_people_too_many_to_merge_stays_with_them() -> None:
    rules = IdentityRules(
        [IdentifierRule("user_id"), IdentifierRule("email", 1), IdentifierRule("anonymous_id")]
    )
    town = Town(rules)
    town.say(1, email="a@x.com", device="d1")
    town.say(2, user="u2", email="b@x.com")
    assert town.say(3, user="u2", device="d1").dropped == (Dropped("anonymous_id", "d1", "limit"),)
    assert town.graph.owner("anonymous_id", "d1") == 1


def test_alias_links_the_previous_anonymous_identity() -> None:
    town = Town()
    town.say(1, device="old")
    linked = town.say(2, "alias", user="u1", previous="old")
    assert linked.profile == 1
    assert linked.links == (("user_id", "u1"),)
    unseen = town.say(3, "alias", user="u1", previous="older")
    assert unseen.links == (("anonymous_id", "older"),)


def test_alias_of_two_known_users_merges_nothing() -> None:
    town = Town()
    town.say(1, user="u1")
    town.say(2, user="u2")
    seen = town.say(3, "alias", user="u2", previous="u1")
    assert seen == Resolution(
        2,
        dropped=(Dropped("user_id", "u1", "limit"), Dropped("anonymous_id", "u1", "names_a_user")),
    )


def test_alias_of_two_users_merges_where_the_limit_allows_it() -> None:
    town = Town(WIDE)
    town.say(1, user="u1")
    town.say(2, user="u2")
    assert town.say(3, "alias", user="u2", previous="u1").merges == ((1, 2),)


def test_the_hard_limit_of_a_profile() -> None:
    town = Town(WIDE)
    for n in range(IDENTIFIERS_PER_PROFILE_MAX - 1):
        town.say(n + 1, user="u1", device=f"d{n}")
    assert len(town.graph.identifiers(1)) == IDENTIFIERS_PER_PROFILE_MAX
    over = town.say(5000, user="u1", device="one-more")
    assert over.dropped == (Dropped("anonymous_id", "one-more", "profile_full"),)
    town.say(5001, device="alone")
    assert town.say(5002, user="u1", device="alone").dropped[0].reason == "profile_full"


def test_types_no_rule_names_any_more_stay_and_rank_last() -> None:
    town = Town()
    town.say(1, device="d1")
    town.say(2, email="a@b.c")
    narrow = IdentityRules([rule for rule in DEFAULT_IDENTIFIERS if rule.type != "anonymous_id"])
    assert resolve(town.graph, narrow, event(3, email="a@b.c", device="d1"), 9) == Resolution(2)
    assert narrow.rank("anonymous_id") == 3


def test_identifiers_survive_a_store_as_json_and_as_msgpack() -> None:
    link = Identifier("email", "a@b.c", "m1", 7)
    data = msgspec.json.encode([link])
    assert data == b'[["email","a@b.c","m1",7]]'
    assert msgspec.json.decode(data, type=list[Identifier]) == [link]
    graph = GraphMemory(RULES)
    graph.load(3, (link,))
    assert graph.owner("email", "a@b.c") == 3
    assert len(graph) == 1


def test_a_resolution_of_another_graph_is_a_bug() -> None:
    graph = GraphMemory(RULES)
    graph.load(3, (Identifier("email", "a@b.c", "m1", 7),))
    for wrong in (Resolution(3, created=True), Resolution(4)):
        with pytest.raises(Invariant):
            graph.apply(wrong, event())
    with pytest.raises(Invariant):
        graph.load(3, ())
