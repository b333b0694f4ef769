"""What-if: it says what a system says to which the calls really came, and writes nothing."""

from __future__ import annotations

import hashlib
import json

import pytest

from ebbline.console.output import iso
from ebbline.definitions import load_files
from ebbline.engine.explain import explain
from ebbline.errors import Refused
from ebbline.hosts.embedded.importing import replay
from ebbline.hosts.embedded.reading import Reader, suppose

T0 = 1_777_636_800_000  # 2026-05-01T12:00:00Z
HOUR = 3_600_000
PROJECT = {
    "ebbline.yml": b"name: tiny",
    "audiences/a.yml": b"""
audiences:
  viewer: {when: 'performed("Product Viewed", within="2h")', owner: me, review_by: 2100-01-01}
  buyer: {when: 'count("Order Completed") >= 2', owner: me, review_by: 2100-01-01}
  pro: {when: 'plan == "pro"', owner: me, review_by: 2100-01-01, hold: 1h}
""",
}
CALLS = [
    {"type": "track", "event": "Order Completed"},
    {"type": "identify", "traits": {"plan": "pro"}},
    {"type": "track", "event": "Product Viewed"},
]


def sent(at_ms, message_id, **body):
    return {"messageId": message_id, "timestamp": iso(at_ms), "receivedAt": iso(at_ms), **body}


HISTORY = [
    sent(T0, "m1", type="track", userId="ana", event="Order Completed"),
    sent(T0 + 1, "m2", type="track", userId="ben", event="Product Viewed"),
    sent(T0 + 2, "m3", type="identify", userId="ben", traits={"email": "ben@example.com"}),
    sent(T0 + 3, "m4", type="track", anonymousId="d9", event="Order Completed"),
]  # fmt: skip


def made(folder, history, until_ms):
    plan = load_files(PROJECT).plan
    assert plan is not None
    file = folder / "history.ndjson"
    file.write_text("".join(json.dumps(each) + "\n" for each in history), "utf-8")
    replay(plan, folder / "data", file, until_ms)
    return folder / "data"


@pytest.fixture
def asleep(tmp_path):
    """A folder at rest an hour after its events."""
    (tmp_path / "one").mkdir()
    return made(tmp_path / "one", HISTORY, T0 + HOUR)


@pytest.mark.parametrize("later_ms", [0, 1, HOUR, 3 * HOUR])
def test_says_what_then_happens(asleep, tmp_path, later_ms):
    at_ms = T0 + HOUR + later_ms
    really = [
        sent(at_ms + number, f"r{number}", userId="ana", **call)
        for number, call in enumerate(CALLS)
    ]
    (tmp_path / "other").mkdir()
    happened = made(tmp_path / "other", [*HISTORY, *really], at_ms + len(CALLS) - 1)
    with Reader(asleep) as reader, Reader(happened) as other:
        ana = reader.find("ana")
        told = suppose(reader, ana, CALLS, at_ms)
        assert told.at_ms == at_ms + 2
        for audience in ("viewer", "buyer", "pro"):
            found = explain(reader.tables, told.after, audience, told.at_ms)
            assert found == explain(other.tables, other.profile(ana), audience, told.at_ms)
            assert found.member
            assert not explain(reader.tables, told.before, audience, at_ms).member
        ledger = other.ledger(profile=ana)
        assert told.changes == tuple((t.kind, t.definition, t.at_ms) for t in ledger[-3:])


def test_people_who_would_become_one(asleep):
    with Reader(asleep) as reader:
        calls = [{"type": "alias", "previousId": "d9"}]
        told = suppose(reader, reader.find("ana"), calls, T0 + HOUR)
        assert told.merges == 1
        assert ("entered", "buyer", T0 + HOUR) in told.changes
        assert explain(reader.tables, told.after, "buyer", told.at_ms).member
        # The device joins whoever the call names, so seen from its side the person lives on too.
        device = suppose(reader, reader.find("d9"), [{"type": "identify"}], T0 + HOUR)
        assert device.merges == 0


def test_somebody_with_an_address_only(tmp_path):
    external = {"id": "cy@example.com", "type": "email", "collection": "users",
                "encoding": "none"}  # fmt: skip
    line = sent(T0, "m1", type="track", anonymousId="undefined", event="Order Completed",
                context={"externalIds": [external]})  # fmt: skip
    with Reader(made(tmp_path, [line], T0)) as reader:
        cy = reader.find("cy@example.com")
        assert [each.type for each in reader.names(cy)] == ["email"]
        told = suppose(reader, cy, CALLS[:1], T0 + 1)
        assert told.changes == (("entered", "buyer", T0 + 1),)


def test_nothing_is_written(asleep):
    def digest():
        return {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in asleep.glob("*.db")
        }

    before = digest()
    with Reader(asleep) as reader:
        suppose(reader, reader.find("ana"), CALLS, T0 + HOUR)
    assert digest() == before


def test_a_call_that_would_be_refused(asleep):
    with Reader(asleep) as reader, pytest.raises(Refused, match="Call 2"):
        suppose(reader, 1, [{"type": "identify"}, {"type": "track"}], T0 + HOUR)
