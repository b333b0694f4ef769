"""Reading history: one person's timeline against brute force, the relation at an instant."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ebbline.errors import SetupError
from ebbline.events.event import Event
from ebbline.hosts.embedded.folder import open_folder
from ebbline.hosts.embedded.history import History
from ebbline.hosts.embedded.history import reader as reader_module
from tests.unit.hosts.history.rig import DAY_MS, Rig


def brute_force(rig, profile, as_of_ms=None):
    """A person's events newest first, as the witness knows them."""
    found = sorted(rig.expected().get(profile, ()), reverse=True)
    if as_of_ms is None:
        return found
    known = {message_id: at_ms for (message_id, _), at_ms in rig.known.items()}
    return [(time_ms, each) for time_ms, each in found if known[each] <= as_of_ms]


@pytest.fixture(autouse=True)
def few_days(monkeypatch):
    """Pages look at few days at a time, so that they go back several times."""
    monkeypatch.setattr(reader_module, "PAGE_DAYS", 2)
    monkeypatch.setattr(reader_module, "PAGE_DAYS_GROWTH", 2)


def pages(history, profile, limit, as_of_ms=None):
    """A whole timeline, page after page."""
    found, before = [], None
    while True:
        page = history.timeline(profile, limit=limit, before=before, as_of_ms=as_of_ms)
        assert len(page.rows) <= limit
        found += [(row.time_ms, row.message_id) for row in page.rows]
        before = page.older
        if before is None:
            return found


@settings(
    max_examples=max(5, settings().max_examples // 20),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 10_000), written=st.integers(0, 6), limit=st.sampled_from([1, 3, 500]),
       days=st.sampled_from([1, 200]))  # fmt: skip
def test_the_timeline_is_that_of_brute_force(tmp_path_factory, seed, written, limit, days):
    rig = Rig(tmp_path_factory.mktemp("timeline") / "data", seed, people=4)
    historian, instants = rig.historian(), []
    for number in range(6):
        kind = "replayed" if number % 2 else "events"
        rig.send(rig.random_batch(15, spread_ms=days * DAY_MS), kind)
        rig.clock.ms += DAY_MS // 2
        rig.fold()
        instants.append(rig.loop.log.tail().now_ms)
        if number < written:
            historian.catch_up()
    merged = dict(rig.loop.fold.store._run("SELECT loser, winner FROM merged").fetchall())
    with History(rig.folder) as history:
        for profile in rig.theirs:
            assert pages(history, profile, limit) == brute_force(rig, profile)
            # Of people whom nothing was merged into since, at instants in between too.
            if profile not in merged.values():
                for as_of_ms in (instants[2], instants[4] - 1):
                    found = pages(history, profile, limit, as_of_ms)
                    assert found == brute_force(rig, profile, as_of_ms)
    historian.close()
    rig.loop.close()


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path / "data", seed=3)
    yield rig
    rig.loop.close()


def test_events_come_back_as_they_were_sent(rig):
    rig.send(rig.random_batch(40))
    rig.fold()
    sent = {event.message_id: event for event in rig.sent}
    for written in (False, True):
        if written:
            rig.historian().catch_up()
        with History(rig.folder) as history:
            for profile in rig.theirs:
                for row in history.timeline(profile, limit=100).rows:
                    assert row.event() == sent[row.message_id]


def ana(number, time_ms, received_ms):
    return Event(f"x{number}", "track", "E", time_ms, received_ms, "ana", None, {}, {}, {})


def test_old_events_in_the_tail_do_not_end_the_look_too_early(rig):
    """Days in files between the newest and what came late are looked at first."""
    days = [rig.clock.ms - back * DAY_MS for back in (6, 4, 2, 0)]
    rig.send([ana(number, time_ms, rig.clock.ms) for number, time_ms in enumerate(days)])
    rig.fold()
    rig.historian().catch_up()
    old_ms = rig.clock.ms - 50 * DAY_MS
    rig.send([ana(number, old_ms, rig.clock.ms) for number in (7, 8)])
    rig.fold()
    with History(rig.folder) as history:
        found = history.timeline(1, limit=3).rows
        assert [row.message_id for row in found] == ["x3", "x2", "x1"]
        assert pages(history, 1, 3) == brute_force(rig, 1)


def test_events_of_one_millisecond_are_paged_too(rig):
    rig.send([ana(number, rig.clock.ms, rig.clock.ms) for number in range(5)])
    rig.fold()
    for written in (False, True):
        if written:
            rig.historian().catch_up()
        with History(rig.folder) as history:
            assert [name for _, name in pages(history, 1, 1)] == ["x4", "x3", "x2", "x1", "x0"]


def test_people_are_as_they_were_at_the_instant(rig):
    """A visitor who later logs in is somebody else before that."""

    def event(number, user, device):
        now_ms = rig.clock.ms
        return Event(f"x{number}", "track", "E", now_ms, now_ms, user, device, {}, {}, {})

    instants = []
    for number, (user, device) in enumerate([("ana", None), (None, "phone"), ("ana", "phone")]):
        rig.send([event(number, user, device)])
        rig.fold()
        instants.append(rig.clock.ms)
        rig.clock.ms += 1_000
    for written in (False, True):
        if written:
            rig.historian().catch_up()
        with History(rig.folder) as history:
            assert [row.message_id for row in history.timeline(1).rows] == ["x2", "x1", "x0"]
            then = history.timeline(1, as_of_ms=instants[1])
            assert [row.message_id for row in then.rows] == ["x0"]
            with history.events(instants[1]) as db:
                rows = db.execute("SELECT profile, message_id FROM events ORDER BY 2").fetchall()
                assert rows == [(1, "x0"), (2, "x1")]
                history.use(db)
                rows = db.execute("SELECT profile, message_id FROM events ORDER BY 2").fetchall()
                assert rows == [(1, "x0"), (1, "x1"), (1, "x2")]


def test_when_an_event_was_known(rig):
    """At its entry's stamp, or at its own receipt where it was replayed."""
    rig.send(rig.random_batch(30))
    rig.clock.ms += 5_000
    late = rig.random_batch(30)
    rig.clock.ms += 5_000
    rig.send(late, "replayed")
    rig.fold()
    rig.historian().catch_up()
    with History(rig.folder) as history, history.events() as db:
        rows = db.execute("SELECT message_id, received_ms, known_ms FROM events").fetchall()
    assert len(rows) > 40
    assert {(name, received): known for name, received, known in rows} == {
        key: known for key, known in rig.known.items() if key in {(r[0], r[1]) for r in rows}
    }


def test_a_file_merged_away_meanwhile_is_no_trouble(rig, monkeypatch):
    """The manifest is read again when a file it named has gone."""
    rig.send(rig.random_batch(60))
    rig.fold()
    rig.historian().catch_up()
    with History(rig.folder) as history:
        snapshot, looks = history._snapshot(), 0
        gone = [
            type(file)(**{**{name: getattr(file, name) for name in file.__struct_fields__},
                          "path": "2026-01-01/gone.parquet"})
            for file in snapshot.files
        ]  # fmt: skip
        real = history._snapshot

        def stale():
            nonlocal looks
            looks += 1
            return (
                type(snapshot)(files=tuple(gone), offset=snapshot.offset) if looks == 1 else real()
            )

        monkeypatch.setattr(history, "_snapshot", stale)
        profile = next(iter(rig.expected()))
        assert len(history.timeline(profile, limit=100).rows) == len(rig.expected()[profile])
        assert looks == 2


def test_a_history_that_lost_a_file_is_explained(rig):
    rig.send(rig.random_batch(60))
    rig.fold()
    historian = rig.historian()
    historian.catch_up()
    for file in rig.folder.history.rglob("*.parquet"):
        file.unlink()
    profile = next(iter(rig.expected()))
    with History(rig.folder) as history, pytest.raises(SetupError, match=r"remove history\.db"):
        history.timeline(profile)


def test_an_empty_folder_is_explained(tmp_path):
    with pytest.raises(SetupError, match="no history"):
        History(open_folder(tmp_path / "data"))


def test_somebody_without_events_has_an_empty_page(rig):
    rig.send(rig.random_batch(5))
    rig.fold()
    with History(rig.folder) as history:
        page = history.timeline(999)
        assert page.rows == ()
        assert page.older is None
