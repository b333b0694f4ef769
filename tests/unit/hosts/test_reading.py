"""Reading a data folder from outside: people, audiences, the ledger, the past."""

from __future__ import annotations

import json

import pytest

from ebbline.definitions import load_files
from ebbline.errors import NotFound, SetupError
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.importing import replay
from ebbline.hosts.embedded.lock import acquire
from ebbline.hosts.embedded.reading import Reader, at_instant, machine

DAY_MS = 86_400_000
NOON = 1_777_636_800_000  # 2026-05-01T12:00:00Z
PROJECT = {
    "ebbline.yml": b"name: tiny",
    "traits/a.yml": b"traits: {spent: {value: 'sum(\"Order Completed\", revenue)'}}",
    "audiences/a.yml": b"""
audiences:
  viewer: {when: 'performed("Product Viewed", within="1h")', owner: me, review_by: 2100-01-01}
  buyer: {when: spent > 0, owner: me, review_by: 2100-01-01}
  quiet: {when: 'elapsed(last_seen()) >= "1d"', owner: me, review_by: 2100-01-01}
groups: {g: {priority: [buyer, quiet]}}
""",
}


def call(at_ms, message_id, **body):
    from ebbline.console.output import iso

    stamp = iso(at_ms)
    return {"messageId": message_id, "timestamp": stamp, "receivedAt": stamp, **body}


HISTORY = [
    call(NOON, "m1", type="track", anonymousId="d1", event="Product Viewed"),
    call(NOON + 60_000, "m2", type="identify", userId="ana", anonymousId="d1",
         traits={"email": "Ana@Example.com", "plan": "free"}),
    call(NOON + 120_000, "m3", type="track", userId="ana", event="Order Completed",
         properties={"revenue": 20.5}),
    call(NOON + 180_000, "m4", type="track", userId="ben", event="Product Viewed"),
    {"type": "track", "messageId": "m5", "event": "Nobody's"},
]  # fmt: skip
UNTIL = NOON + 120_000 + DAY_MS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("reading")
    file = root / "history.ndjson"
    file.write_text("".join(json.dumps(each) + "\n" for each in HISTORY), "utf-8")
    plan = load_files(PROJECT).plan
    assert plan is not None
    replay(plan, root / "data", file, UNTIL)
    return root / "data"


@pytest.fixture
def reader(folder):
    with Reader(folder) as opened:
        yield opened


def test_a_folder_without_data_is_explained(tmp_path):
    with pytest.raises(SetupError, match="ebbline run"):
        Reader(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_broken_state_file_is_explained(tmp_path):
    folder = DataFolder(tmp_path)
    for path, content in ((folder.version, "1"), (folder.log, ""), (folder.state, "nonsense" * 99)):
        path.write_text(content, "utf-8")
    with pytest.raises(SetupError, match="cannot be read"):
        Reader(tmp_path)


@pytest.mark.parametrize(
    "text", ["ana", "ana@example.com", " ANA@example.com ", "d1", "email:ana@example.com",
             "user_id:ana", "anonymous_id:d1"]
)  # fmt: skip
def test_a_person_is_found_by_any_identifier(reader, text):
    assert reader.find(text) == reader.find("ana")


@pytest.mark.parametrize("text", ["bob", "", "email:ana", "null", "x:ana", "'; drop table ledger"])
def test_nobody_is_not_found(reader, text):
    with pytest.raises(NotFound, match="Nobody is known"):
        reader.find(text)


def test_a_person_with_everything(reader):
    person = reader.person(reader.find("ana"))
    assert [(link.type, link.value, link.first_message_id) for link in person.identifiers] == [
        ("user_id", "ana", "m2"), ("email", "ana@example.com", "m2"), ("anonymous_id", "d1", "m1"),
    ]  # fmt: skip
    assert {trait.name: trait.value for trait in person.sent} == {
        "email": "Ana@Example.com", "plan": "free",
    }  # fmt: skip
    assert person.computed == {"spent": 20.5}
    assert person.now_ms == UNTIL


def test_memberships_say_since_when_and_who_goes_first(reader):
    buyer, quiet = reader.person(reader.find("ana")).memberships
    assert (buyer.audience, buyer.since_ms, buyer.effective) == ("buyer", NOON + 120_000, True)
    assert (quiet.audience, quiet.since_ms) == ("quiet", UNTIL)
    assert (quiet.effective, quiet.suppressed_by) == (False, "buyer")
    assert reader.membership(reader.find("ana"), "buyer") == buyer
    assert reader.membership(reader.find("ana"), "viewer") is None


def test_members_and_counts(reader):
    (ana,) = reader.members("buyer")
    assert (ana.type, ana.identifier, ana.since_ms) == ("user_id", "ana", NOON + 120_000)
    assert list(reader.members("quiet", effective=True)) == []
    assert len(list(reader.members("quiet", 1))) == 1
    counts = {count.audience: (count.members, count.effective) for count in reader.counts()}
    assert counts == {"viewer": (0, 0), "buyer": (1, 1), "quiet": (1, 0)}


def test_an_unknown_audience_gets_the_nearest_name(reader):
    with pytest.raises(NotFound, match='did you mean "buyer"'):
        list(reader.members("buyr"))
    with pytest.raises(NotFound, match="There are: buyer, quiet, viewer"):
        reader.audience("zzz")


def test_the_ledger_in_order_with_filters_and_causes(reader):
    told = reader.ledger()
    assert [each.seq for each in told] == sorted(each.seq for each in told)
    assert reader.ledger(limit=2) == told[-2:]
    assert reader.ledger(after=told[0].seq, limit=2) == told[1:3]
    entered = [each for each in reader.ledger(definition="viewer") if each.kind == "entered"]
    left = [each for each in reader.ledger(definition="viewer") if each.kind == "exited"]
    assert [(each.person, reader.cause(each).name) for each in entered] == [
        ("ana", "Product Viewed"), ("ben", "Product Viewed"),
    ]  # fmt: skip
    assert [(each.at_ms, each.cause, reader.cause(each)) for each in left] == [
        (NOON + 3_600_000, None, None), (NOON + 180_000 + 3_600_000, None, None),
    ]  # fmt: skip
    ben = reader.find("ben")
    assert {each.profile for each in reader.ledger(profile=ben)} == {ben}
    assert reader.ledger_end() == told[-1].seq


def test_status_and_what_was_refused(reader):
    status = reader.status()
    assert not status.running
    assert (status.behind, status.profiles, status.identifiers) == (0, 2, 4)
    assert (status.now_ms, status.state_now_ms) == (UNTIL, UNTIL)
    assert status.quarantined == 1
    assert [number for _, number in reader.refused()] == [1]
    assert status.next_due_ms == NOON + 180_000 + DAY_MS


def test_a_held_lock_means_running_and_asking_does_not_disturb(folder):
    data = DataFolder(folder)
    assert not machine.is_running(data)
    with acquire(data.lock), Reader(folder) as reader:
        assert reader.running()
        assert reader.now_ms() > UNTIL  # the machine's clock
    acquire(data.lock).release()


def test_the_past_as_it_was_known(reader):
    with at_instant(reader, NOON + 90_000) as then:
        ana = then.person(then.find("ana"))
        assert [each.audience for each in ana.memberships] == ["viewer"]
        assert ana.computed == {"spent": 0}
        with pytest.raises(NotFound):
            then.find("ben")
    with at_instant(reader, NOON + 3_600_000 - 1) as then:
        assert then.membership(then.find("ana"), "viewer") is not None
    with at_instant(reader, NOON + 3_600_000) as then:
        assert then.membership(then.find("ana"), "viewer") is None
        assert then.now_ms() == NOON + 3_600_000


def test_now_and_later_need_no_folding(reader):
    with at_instant(reader, UNTIL + 5) as then:
        assert then is reader


def test_before_the_first_event_there_is_nobody(reader):
    with at_instant(reader, 1_000) as then:
        assert then.status().profiles == 0
        assert then.ledger() == ()


def test_a_taken_port_is_seen():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as door:
        assert machine.port_trouble("127.0.0.1", door.getsockname()[1])
    assert machine.port_trouble("127.0.0.1", machine.free_port()) is None
    assert machine.port_trouble("203.0.113.1", 80)
