"""A plan takes the place of another on a folder with history: exact from the first moment, only
real differences are told, and a crash anywhere changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from ebbline.definitions import load_files, render_all
from ebbline.definitions.plan import Plan
from ebbline.engine.standing import Standing
from ebbline.events.event import Event
from ebbline.hosts.embedded.engine_loop import EngineLoop
from ebbline.hosts.embedded.folder import DataFolder, open_folder
from ebbline.hosts.embedded.state import exchange as exchanging
from ebbline.hosts.embedded.state.store import StateStore
from ebbline.testing import VirtualClock
from tests.simulation.system import dump

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
PEOPLE = (("ana", 2), ("ben", 1), ("cem", 3))


def plan(*audiences: str, groups: str = "", identity: str = "", extra: str = "") -> Plan:
    """A project with these audiences, `name: rule` each."""
    lines = [f"  {each.partition(': ')[0]}: {{owner: a, when: '{each.partition(': ')[2]}'}}"
             for each in audiences]  # fmt: skip
    files = {
        "ebbline.yml": f"name: exchange\n{identity}".encode(),
        "audiences/a.yml": ("audiences:\n" + "\n".join(lines) + "\n" + groups).encode(),
    }
    if extra:
        files["destinations/d.yml"] = extra.encode()
    loaded = load_files(files)
    assert loaded.plan is not None, render_all(loaded.findings)
    return loaded.plan


def buyers(orders: int) -> str:
    return f'buyers: count("Order Completed", within="24h") >= {orders}'


def bought(loop: EngineLoop, clock: VirtualClock, user: str, number: int, **more: str) -> None:
    """One order, now."""
    now_ms = clock.now_ms()
    event = Event(f"{user}-{number}", "track", "Order Completed", now_ms, now_ms, user, None,
                  {}, {}, {}, **more)  # fmt: skip
    loop.log.append("events", [event])


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """Ana ordered twice, Ben once, Cem three times; buyers are those with one order."""
    data, clock = open_folder(tmp_path / "data"), VirtualClock()
    loop = EngineLoop(data, plan(buyers(1)), clock)
    fill(loop, clock)
    loop.close()
    return data


def fill(loop: EngineLoop, clock: VirtualClock) -> None:
    for user, orders in PEOPLE:
        for number in range(orders):
            bought(loop, clock, user, number)
    loop.step()


def ledger(loop: EngineLoop) -> list[tuple]:
    """(kind, profile, definition, at_ms, value, number) of every row."""
    return loop.fold.store._run(
        "SELECT kind, profile, definition, at_ms, value, number FROM ledger_entries ORDER BY seq"
    ).fetchall()


def told(folder: DataFolder, new: Plan, clock: VirtualClock | None = None) -> list[tuple]:
    """What making a plan live adds to the ledger: (kind, profile, definition)."""
    loop = EngineLoop(folder, new, clock or VirtualClock())
    before = len(ledger(loop))
    loop.step()
    rows = [row[:3] for row in ledger(loop)[before:]]
    loop.close()
    return rows


def test_only_real_differences_are_told(folder: DataFolder) -> None:
    assert told(folder, plan(buyers(2))) == [("exited", 2, "buyers")]


def test_a_new_and_a_removed_audience(folder: DataFolder) -> None:
    rows = told(folder, plan('loyal: count("Order Completed") >= 2'))
    assert rows == [
        ("exited", 1, "buyers"), ("entered", 1, "loyal"),
        ("exited", 2, "buyers"),
        ("exited", 3, "buyers"), ("entered", 3, "loyal"),
    ]  # fmt: skip


def test_priority_that_comes_and_goes(folder: DataFolder) -> None:
    """Who stays in and is overruled is suppressed, and restored when the group goes."""
    both = ('loyal: count("Order Completed") >= 2', buyers(1))
    told(folder, plan(*both))
    groups = "groups:\n  g: {priority: [loyal, buyers]}\n"
    assert told(folder, plan(*both, groups=groups)) == [
        ("suppressed", 1, "buyers"), ("suppressed", 3, "buyers"),
    ]  # fmt: skip
    assert told(folder, plan(*both)) == [("restored", 1, "buyers"), ("restored", 3, "buyers")]


def test_numbers_of_changes_go_on(folder: DataFolder) -> None:
    """Each person's rows are numbered 1, 2, 3 ... through every change of plans."""
    for orders in (2, 1, 3, 1):
        told(folder, plan(buyers(orders)))
    loop = EngineLoop(folder, plan(buyers(1)), VirtualClock())
    by_person: dict[int, list[int]] = {}
    for row in ledger(loop):
        by_person.setdefault(row[1], []).append(row[5])
    assert by_person == {1: [1, 2, 3], 2: [1, 2, 3, 4, 5], 3: [1]}
    states = {row[0]: Standing(row[1]).number for row in loop.fold.store.profiles()}
    assert states == {1: 3, 2: 5, 3: 1}
    loop.close()


def test_memberships_begin_when_the_new_rule_says(folder: DataFolder, tmp_path: Path) -> None:
    """As in a folder that always had the plan; only the ledger knows of the change."""
    clock = VirtualClock()
    changed = EngineLoop(folder, plan('loyal: count("Order Completed") >= 2'), clock)
    changed.step()
    always = open_folder(tmp_path / "always")
    fresh = EngineLoop(always, plan('loyal: count("Order Completed") >= 2'), VirtualClock())
    fill(fresh, VirtualClock())
    members = "SELECT profile, since_ms, effective FROM memberships ORDER BY profile"
    rows = [loop.fold.store._run(members).fetchall() for loop in (changed, fresh)]
    assert rows[0] == rows[1] != []
    states = [
        [(row[0], Standing(row[1]).renumbered(0), *row[2:]) for row in loop.fold.store.profiles()]
        for loop in (changed, fresh)
    ]
    assert states[0] == states[1]


def test_what_time_brings_until_then_is_the_old_plans(folder: DataFolder) -> None:
    """Two days later everybody has left, at the instants of the old rule, before the new one."""
    clock = VirtualClock()
    begun_ms = clock.now_ms()
    clock = VirtualClock(begun_ms + 2 * DAY_MS)
    loop = EngineLoop(folder, plan('buyers: count("Order Completed", within="30d") >= 1'), clock)
    loop.step()
    rows = [row[:4] for row in ledger(loop)[3:]]
    left_ms, again_ms = begun_ms + DAY_MS, begun_ms + 2 * DAY_MS
    assert rows == [
        *[("exited", person, "buyers", left_ms) for person in (1, 2, 3)],
        *[("entered", person, "buyers", again_ms) for person in (1, 2, 3)],
    ]


def test_what_time_would_have_brought_is_in_the_new_state(folder: DataFolder) -> None:
    """By the new rule too everybody had left before it became live: nothing is said of that."""
    clock = VirtualClock()
    begun_ms = clock.now_ms()
    late = VirtualClock(begun_ms + 2 * DAY_MS)
    loop = EngineLoop(folder, plan('buyers: count("Order Completed", within="36h") >= 1'), late)
    loop.step()
    rows = [row[:4] for row in ledger(loop)[3:]]
    assert rows == [("exited", person, "buyers", begun_ms + DAY_MS) for person in (1, 2, 3)]


def test_what_goes_on_after_a_change_is_exact(folder: DataFolder) -> None:
    """Ana leaves when the first of her two orders is a day old, to the millisecond."""
    clock = VirtualClock()
    loop = EngineLoop(folder, plan(buyers(2)), clock)
    assert loop.step() == clock.now_ms() + DAY_MS


def test_the_same_plan_is_no_change(folder: DataFolder) -> None:
    """Starting again with an unchanged project writes nothing to the log."""
    loop = EngineLoop(folder, plan(buyers(1)), VirtualClock())
    tail = loop.log.tail()
    loop.step()
    assert loop.log.tail() == tail


@pytest.mark.parametrize("where", ["take_memberships", "add_ledger", "put_profiles", "commit"])
def test_a_crash_in_the_exchange_is_as_if_it_had_not_begun(
    folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """The state is whole under the old plan, and the next start does it all again."""
    new = plan(buyers(2))
    loop = EngineLoop(folder, new, VirtualClock())
    seen: list[str] = []

    def die(store: StateStore, *args: object) -> None:
        if where != "commit" or store.meta("plan_offset") not in (None, 1):
            seen.append(where)
            raise KilledError
        commit(store)

    commit = StateStore.commit
    with monkeypatch.context() as patch:
        patch.setattr(StateStore, where, die)
        with pytest.raises(KilledError):
            loop.step()
    loop.fold.store._db.close(True)
    loop.log.close()
    assert seen
    half = dump.state(folder.path)
    assert ("plan_offset", 1) in half["meta"]
    assert told(folder, new) == [("exited", 2, "buyers")]
    again = refolded(folder, tmp_path / "again", new)
    assert dump.differences(dump.state(folder.path), dump.state(again.path)) == []


class KilledError(Exception):
    """The process ends here."""


def refolded(folder: DataFolder, path: Path, last: Plan) -> DataFolder:
    """A folder made of the log alone."""
    path.mkdir()
    for name in ("log.db", "version"):
        (path / name).write_bytes((folder.path / name).read_bytes())
    again = open_folder(path)
    loop = EngineLoop(again, last, VirtualClock())
    loop.step()
    loop.close()
    return again


def test_people_are_compared_in_chunks(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One person at a time comes to the same as everybody at once."""
    whole = open_folder(tmp_path / "whole")
    for name in ("log.db", "state.db"):
        (whole.path / name).write_bytes((folder.path / name).read_bytes())
    at_once = told(whole, plan(buyers(3)))
    monkeypatch.setattr(exchanging, "EXCHANGE_PEOPLE", 1)
    assert told(folder, plan(buyers(3))) == at_once
    assert dump.differences(dump.state(folder.path), dump.state(whole.path)) == []


IDENTITY = """\
identity:
  identifiers:
    - {type: user_id, limit: 1}
    - {type: email, limit: 5}
"""
BY_EMAIL = """\
identity:
  identifiers:
    - {type: email, limit: 5}
    - {type: user_id, limit: 100}
"""


def test_who_is_who_may_change(tmp_path: Path) -> None:
    """By e-mail two users are one person: the other is merged away, and told so."""
    clock = VirtualClock()
    data = open_folder(tmp_path / "data")
    loop = EngineLoop(data, plan(buyers(2), identity=IDENTITY), clock)
    for user in ("ana", "ana-at-work"):
        now_ms = clock.now_ms()
        traits = {"email": "ana@example.com"}
        known = Event(f"known-{user}", "identify", "", now_ms, now_ms, user, None, {}, traits, {})
        loop.log.append("events", [known])
        bought(loop, clock, user, 1)
    loop.step()
    assert loop.fold.store.profile_count() == 2
    loop.close()
    rows = told(data, plan(buyers(2), identity=BY_EMAIL))
    kinds = [row[0] for row in rows]
    assert "merged" in kinds
    assert "entered" in kinds
    loop = EngineLoop(data, plan(buyers(2), identity=BY_EMAIL), clock)
    assert loop.fold.store.profile_count() == 1
    assert loop.fold.store.member_counts() == {"buyers": 1}
    loop.close()
    again = refolded(data, tmp_path / "again", plan(buyers(2), identity=BY_EMAIL))
    assert dump.differences(dump.state(data.path), dump.state(again.path)) == []
