"""A tracking plan at the door: what converts, what is flagged, dropped or refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ebbline.events.declared import KEYWORDS, Declared, Misfit, Reader
from ebbline.events.event import Event, Rejection
from ebbline.events.names import Names
from ebbline.events.parse import Parser
from ebbline.events.planned import Planned, Rules

NOW_MS = 1_767_268_800_000
ORDER = {
    "order_id": Declared("string", required=True),
    "revenue": Declared("number", aliases=("total", "sum"), schema={"minimum": 0}),
    "items": Declared("integer"),
    "gift": Declared("boolean"),
}
TRAITS = {"age": Declared("integer"), "email": Declared("string", pii=True)}


def parser(**rules: Any) -> Parser:
    names = Names()
    given = {"events": {"purchase": ORDER}, "traits": TRAITS} | rules
    return Parser(names, Planned(Rules(**given), names))


def parse(reader: Parser, **fields: Any) -> Any:
    call = {"type": "track", "messageId": "m", "userId": "ana", "event": "Order Completed"}
    return reader.parse_line(json.dumps(call | fields).encode(), received_ms=NOW_MS)


def order(choice: str, **properties: Any) -> Any:
    return parse(parser(on_violation=choice), properties={"order_id": "o1"} | properties)


FITS = [
    ("number", "100", 100), ("number", "12.5", 12.5), ("number", "-1e3", -1000.0),
    ("number", 7, 7), ("number", 7.5, 7.5), ("number", "0", 0), ("number", "19.90", 19.9),
    ("integer", "100", 100), ("integer", 5.0, 5), ("integer", "5.0", 5), ("integer", -3, -3),
    ("integer", "9223372036854775807", 2**63 - 1),
    ("boolean", "true", True), ("boolean", "False", False), ("boolean", True, True),
    ("string", "100", "100"), ("string", "", ""),
    ("timestamp", "2026-05-01T09:00:00Z", "2026-05-01T09:00:00Z"), ("timestamp", "2026-05-01",
     "2026-05-01"),
    ("array", [1], [1]), ("object", {"a": 1}, {"a": 1}), ("any", "x", "x"), ("any", True, True),
]  # fmt: skip
MISFITS = [
    ("number", "12,50"), ("number", ""), ("number", " 1"), ("number", "1_000"), ("number", "007"),
    ("number", "nan"), ("number", "1e999"), ("number", "9" * 30), ("number", "9" * 10_000),
    ("number", True), ("number", "٣"), ("number", [1]), ("number", "+1"), ("number", "0x10"),
    ("integer", 5.5), ("integer", "5.5"), ("integer", 1e300), ("integer", 2.0**63),
    ("integer", True), ("boolean", 1), ("boolean", "yes"), ("string", 1), ("string", True),
    ("timestamp", 1_767_268_800), ("timestamp", "soon"), ("array", "a"), ("object", []),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "value", "wanted"), FITS)
def test_what_converts_without_loss_converts(type_: str, value: Any, wanted: Any) -> None:
    read = Reader(Declared(type_)).read(value)
    assert (read, type(read)) == (wanted, type(wanted))


@pytest.mark.parametrize(("type_", "value"), MISFITS, ids=lambda value: str(value)[:20])
def test_nothing_else_does(type_: str, value: Any) -> None:
    assert isinstance(Reader(Declared(type_)).read(value), Misfit)


@pytest.mark.parametrize(
    ("schema", "good", "bad", "words"),
    [
        ({"minimum": 0}, 0, -1, "must be at least 0, got -1"),
        ({"maximum": 9.5}, 9.5, 10, "must be at most 9.5, got 10"),
        ({"exclusiveMinimum": 0}, 0.1, 0, "must be above 0, got 0"),
        ({"exclusiveMaximum": 1}, 0.9, 1, "must be below 1, got 1"),
        ({"minLength": 2}, "ab", "a", 'must have at least 2 characters, got "a"'),
        ({"maxLength": 1}, "a", "ab", 'must have at most 1 characters, got "ab"'),
        ({"minItems": 1}, [1], [], "must have at least 1 items, got a list"),
        ({"maxItems": 1}, [1], [1, 2], "must have at most 1 items, got a list"),
        ({"enum": ["a", 1]}, 1, True, 'must be one of "a", 1, got true'),
        ({"const": "a"}, "a", "b", 'must be "a", got "b"'),
    ],
)
def test_bounds(schema: dict[str, Any], good: Any, bad: Any, words: str) -> None:
    reader = Reader(Declared("any", schema=schema))
    assert reader.read(good) == good
    assert reader.read(bad) == Misfit(words)
    assert schema.keys() <= KEYWORDS.keys()


def test_bounds_say_nothing_about_other_kinds() -> None:
    reader = Reader(Declared("any", schema={"minimum": 5, "minLength": 5, "pattern": "x"}))
    assert [reader.read(value) for value in (True, [], {}, "long enough", 5)] == [
        True, [], {}, "long enough", 5,
    ]  # fmt: skip


def test_personal_data_does_not_stand_in_messages() -> None:
    words = Reader(Declared("number", pii=True)).read("0171 5550100").words
    assert words == "must be a number, got a text"
    long = Reader(Declared("number")).read("x" * 100).words
    assert len(long) < 70


def test_an_alias_fills_what_is_absent() -> None:
    assert order("allow", total="80").properties["revenue"] == 80
    both = order("allow", total=80, revenue=1).properties
    assert (both["revenue"], both["total"]) == (1, 80)
    assert "revenue" not in order("allow").properties


def test_the_plan_is_found_under_every_name_of_the_event() -> None:
    event = parse(parser(), event="purchase", properties={"order_id": "o", "items": "2"})
    assert (event.name, event.properties["items"], event.flags) == ("Order Completed", 2, ())


def test_values_that_break_the_plan() -> None:
    kept = order("allow", revenue="free", items=1)
    assert (kept.properties["revenue"], kept.flags) == ("free", ("violation",))
    dropped = order("drop_field", revenue="free", items=1)
    assert dropped.properties == {"order_id": "o1", "items": 1}
    assert dropped.flags == ("violation",)
    refused = order("quarantine", revenue="free", items=1)
    assert isinstance(refused, Rejection)
    assert (refused.code, refused.where) == ("violation", "properties.revenue")
    assert refused.message == ('Order Completed: properties.revenue must be a number, got "free"')


@pytest.mark.parametrize("given", [{}, {"order_id": None}])
def test_what_is_required(given: dict[str, Any]) -> None:
    for choice in ("allow", "drop_field"):
        assert parse(parser(on_violation=choice), properties=given).flags == ("violation",)
    refused = parse(parser(on_violation="quarantine"), properties=given)
    assert refused.message == "Order Completed: properties.order_id is required"


def test_null_is_an_absent_value() -> None:
    event = order("quarantine", revenue=None)
    assert (event.properties["revenue"], event.flags) == (None, ())


def test_one_bad_call_of_a_batch_is_refused_alone() -> None:
    calls = [
        {"type": "track", "userId": "a", "event": "purchase", "properties": {"order_id": given}}
        for given in ("o1", 2)
    ]
    body = json.dumps({"batch": calls}).encode()
    parsed = parser(on_violation="quarantine").parse_request(body, NOW_MS, "shop", None)
    assert len(parsed.events) == 1
    assert parsed.rejections[0].where == "batch[1].properties.order_id"


class TestTraits:
    def identify(self, sent: dict[str, Any], **rules: Any) -> Any:
        return parse(parser(**rules), type="identify", traits=sent)

    def test_they_are_declared_like_properties(self) -> None:
        assert self.identify({"age": "33"}).traits == {"age": 33}
        assert self.identify({"age": "old"}).flags == ("violation",)
        assert self.identify({"age": "old"}, on_violation="drop_field").traits == {}
        refused = self.identify({"age": "old"}, on_violation="quarantine")
        assert refused.where == "traits.age"

    def test_unplanned_ones_go_when_only_what_is_planned_is_kept(self) -> None:
        lean = {"unplanned": "drop_field", "identifiers": frozenset({"phone"})}
        event = self.identify({"age": 1, "secret": 2, "phone": "1"}, **lean)
        assert event.traits == {"age": 1, "phone": "1"}
        assert event.flags == ("unplanned",)
        assert self.identify({"secret": 2}, **lean, traits={}).traits == {"secret": 2}
        assert self.identify({"secret": 2}, unplanned="quarantine").flags == ()

    def test_those_of_groups_have_their_prefix(self) -> None:
        reader = parser(traits={"group.seats": Declared("integer")})
        event = parse(reader, type="group", groupId="g", traits={"seats": "7", "age": "7"})
        assert event.traits == {"seats": 7, "age": "7"}


class TestUnplanned:
    def test_events(self) -> None:
        assert parse(parser(), event="X", properties={"a": 1}).properties == {"a": 1}
        refused = parse(parser(unplanned="quarantine"), event="X")
        assert (refused.code, refused.where) == ("unplanned_event", "event")
        assert refused.message == 'the tracking plan has no event "X"'
        bare = parse(parser(unplanned="drop_field"), event="X", properties={"a": 1})
        assert (bare.properties, bare.flags) == ({}, ("unplanned",))
        assert parse(parser(unplanned="drop_field"), event="X").flags == ()

    def test_properties(self) -> None:
        sent = {"order_id": "o", "total": 5, "colour": "red"}
        lean = parse(parser(unplanned="drop_field"), properties=sent)
        assert lean.properties == {"order_id": "o", "revenue": 5}
        assert lean.flags == ("unplanned",)
        assert parse(parser(unplanned="quarantine"), properties=sent).flags == ()

    @pytest.mark.parametrize("kind", ["page", "screen", "identify", "group", "alias"])
    def test_calls_of_their_own_type_are_always_let_in(self, kind: str) -> None:
        ids = {"groupId": "g", "previousId": "p"}
        assert isinstance(parse(parser(unplanned="quarantine"), type=kind, **ids), Event)

    def test_without_any_event_planned_every_event_may_come(self) -> None:
        for choice in ("quarantine", "drop_field"):
            event = parse(parser(events={}, unplanned=choice), properties={"a": 1})
            assert (event.properties, event.flags) == ({"a": 1}, ())


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


@example({"total": None, "order_id": "o", "revenue": []}, "drop_field", "allow")
@example({"total": 5, "order_id": "o", "revenue": []}, "drop_field", "allow")
@given(
    st.dictionaries(st.sampled_from([*ORDER, "total", "x"]), VALUES),
    st.sampled_from(["allow", "drop_field", "quarantine"]),
    st.sampled_from(["allow", "drop_field", "quarantine"]),
)
def test_it_never_raises_and_settles_once(sent: Any, violation: Any, unplanned: Any) -> None:
    reader = parser(on_violation=violation, unplanned=unplanned)
    read = parse(reader, properties=sent)
    if isinstance(read, Rejection):
        assert violation == "quarantine"
        return
    again = parse(reader, properties=read.properties)
    assert isinstance(again, Event)
    assert again.properties == read.properties
