"""From a project's files to what its parser does."""

from __future__ import annotations

import json
from typing import Any

from ebbline.definitions import load_files
from ebbline.hosts.embedded.parsing import parser_for

PLAN = """\
events:
  Sale Seen:
    aliases: [big sale]
    properties:
      price: {type: number, minimum: 0, aliases: [cost]}
      colour: {type: string, enum: [red, blue], required: true}
traits:
  age: integer
on_violation: quarantine
unplanned: drop_field
"""


def parse(files: dict[str, bytes], **fields: Any) -> Any:
    loaded = load_files({"ebbline.yml": b"name: x\n"} | files)
    assert loaded.plan is not None, loaded.findings
    call = {"type": "track", "messageId": "m", "userId": "ana"} | fields
    return parser_for(loaded.plan).parse_line(json.dumps(call).encode(), received_ms=1_000)


def planned(**fields: Any) -> Any:
    return parse({"tracking-plan/p.yml": PLAN.encode()}, **fields)


def test_the_whole_of_the_plan_arrives() -> None:
    sent = {"cost": "9.5", "colour": "red", "more": 1}
    event = planned(event="BIG SALE", properties=sent)
    assert (event.name, event.properties) == ("Sale Seen", {"price": 9.5, "colour": "red"})
    refused = planned(event="Sale Seen", properties={"price": -1, "colour": "red"})
    assert refused.message == "Sale Seen: properties.price must be at least 0, got -1"
    assert planned(event="Sale Seen").code == "violation"
    assert planned(event="Other", properties={"a": 1}).properties == {}


def test_identifiers_stay_though_no_plan_lists_them() -> None:
    event = planned(type="identify", traits={"age": "7", "email": "a@example.com", "x": 1})
    assert event.traits == {"age": 7, "email": "a@example.com"}


def test_a_project_without_a_plan_changes_nothing() -> None:
    event = parse({}, event="purchase", properties={"revenue": "12"})
    assert (event.name, event.flags) == ("Order Completed", ())
    assert event.properties == {"revenue": "12"}
