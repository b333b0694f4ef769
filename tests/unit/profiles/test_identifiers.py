"""Which identifiers an event names."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ebbline.definitions.plan import IdentifierRule
from ebbline.events.event import Event
from ebbline.profiles.identifiers import IdentityRules
from ebbline.profiles.limits import IDENTIFIERS_PER_EVENT_MAX

RULES = IdentityRules(
    [
        IdentifierRule("user_id", 1),
        IdentifierRule("email"),
        IdentifierRule("phone"),
        IdentifierRule("crm_id"),
        IdentifierRule("anonymous_id", 100),
    ]
)
PLAIN = Event("m", "track", "X", 1, 1, "u1", "d1", {}, {}, {})


def named(rules: IdentityRules = RULES, **changed: Any) -> tuple[tuple[str, str], ...]:
    return rules.identifiers(msgspec.structs.replace(PLAIN, **changed))


def external(kind: Any, value: Any, **changed: Any) -> dict[str, Any]:
    entry = {"id": value, "type": kind, "collection": "users", "encoding": "none"}
    return {"externalIds": [entry | changed]}


def test_the_usual_event_names_user_and_device() -> None:
    assert named() == (("user_id", "u1"), ("anonymous_id", "d1"))
    assert named(user_id=None) == (("anonymous_id", "d1"),)
    assert named(anonymous_id=None) == (("user_id", "u1"),)
    assert named(user_id="null", anonymous_id="0-0") == ()


def test_rules_set_the_priority_and_the_types() -> None:
    device_first = IdentityRules([IdentifierRule("anonymous_id"), IdentifierRule("user_id")])
    assert named(device_first) == (("anonymous_id", "d1"), ("user_id", "u1"))
    assert named(device_first, type="identify") == (("anonymous_id", "d1"), ("user_id", "u1"))
    assert named(IdentityRules([IdentifierRule("email")])) == ()


def test_identify_names_people_by_traits() -> None:
    traits = {"email": "A@b.c", "phone": "0044 20 7946 0000", "crm_id": 12, "other": "x"}
    assert named(type="identify", traits=traits) == (
        ("user_id", "u1"),
        ("email", "a@b.c"),
        ("phone", "+442079460000"),
        ("crm_id", "12"),
        ("anonymous_id", "d1"),
    )


def test_only_identify_reads_its_traits() -> None:
    assert ("email", "a@b.c") not in named(type="group", traits={"email": "a@b.c"})
    assert ("email", "a@b.c") not in named(type="track", traits={"email": "a@b.c"})


def test_any_call_names_people_by_context_traits() -> None:
    for kind in ("track", "page", "group", "identify"):
        assert ("email", "a@b.c") in named(type=kind, context={"traits": {"email": "a@b.c"}})


def test_traits_of_the_call_come_before_those_of_the_context_and_repeats_go() -> None:
    context = {"traits": {"email": "second@b.c"}}
    assert named(type="identify", traits={"email": "first@b.c"}, context=context)[1:3] == (
        ("email", "first@b.c"),
        ("email", "second@b.c"),
    )
    twice = named(type="identify", traits={"email": "Second@b.c"}, context=context)
    assert twice == (("user_id", "u1"), ("email", "second@b.c"), ("anonymous_id", "d1"))


def test_external_ids_of_users_need_all_four_keys() -> None:
    assert ("crm_id", "7") in named(context=external("crm_id", "7"))
    for changed in ({"collection": "accounts"}, {"encoding": "sha256"}, {"type": "unruled"}):
        assert named(context=external("crm_id", "7", **changed)) == named()
    assert named(context={"externalIds": [{"id": "7", "type": "crm_id"}]}) == named()


@pytest.mark.parametrize(
    "context",
    [
        {"traits": "text"},
        {"traits": None},
        {"traits": {"email": ["a@b.c"]}},
        {"externalIds": {"id": "7"}},
        {"externalIds": ["7", None, {"encoding": "none", "collection": "users", "type": ["x"]}]},
    ],
)
def test_odd_shapes_name_nobody_and_raise_nothing(context: dict[str, Any]) -> None:
    assert named(context=context) == named()


def test_alias_takes_the_previous_id_under_both_meanings() -> None:
    assert named(type="alias", anonymous_id=None, previous_id="old") == (
        ("user_id", "u1"),
        ("user_id", "old"),
        ("anonymous_id", "old"),
    )
    assert named(type="track", previous_id="old") == named()
    assert named(type="alias", user_id=None, previous_id="old") == (("anonymous_id", "d1"),)
    assert named(type="alias", anonymous_id=None, previous_id="null") == (("user_id", "u1"),)


def test_an_event_names_a_bounded_number() -> None:
    many = [
        {"id": f"c{n}", "type": "crm_id", "collection": "users", "encoding": "none"}
        for n in range(1_000)
    ]
    found = named(context={"externalIds": many})
    assert len(found) == IDENTIFIERS_PER_EVENT_MAX
    assert found[0] == ("user_id", "u1")
