"""A build goes on where it was, says what is wrong, and never touches what is live."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import apsw
import pytest

from ebbline.definitions import load_files
from ebbline.definitions.plan import Plan, encode_plan
from ebbline.events.event import Event
from ebbline.hosts.embedded.builder import Builder, Handover, build, read_progress, shadow
from ebbline.hosts.embedded.builder.limits import STARTS_MAX
from ebbline.hosts.embedded.builder.progress import Progress
from ebbline.hosts.embedded.engine_loop import EngineLoop
from ebbline.hosts.embedded.folder import DataFolder, open_folder
from ebbline.hosts.embedded.state.fold import Fold
from ebbline.hosts.embedded.versions import Proposal, propose, read_versions
from ebbline.testing import VirtualClock

ORDERS = 100


def plan(orders: int, description: str = "") -> Plan:
    rule = f'count("Order Completed", within="24h") >= {orders}'
    text = f"audiences:\n  buyers: {{owner: a, description: '{description}', when: '{rule}'}}\n"
    loaded = load_files({"ebbline.yml": b"name: build\n", "audiences/a.yml": text.encode()})
    assert loaded.plan is not None, loaded.findings
    return loaded.plan


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return open_folder(tmp_path / "data")


@pytest.fixture
def engine(folder: DataFolder, clock: VirtualClock):
    """A folder of a hundred orders, of ten people, an entry each."""
    loop = EngineLoop(folder, plan(2), clock)
    for number in range(ORDERS):
        order(loop, clock, number)
    loop.step()
    yield loop
    with suppress(apsw.ConnectionClosedError):  # some tests end it themselves
        loop.close()


@pytest.fixture
def builder(folder: DataFolder, clock: VirtualClock, engine: EngineLoop, monkeypatch):
    """Takes ten entries a step, and is ready when nothing is missing."""
    monkeypatch.setattr(shadow, "STEP_ENTRIES", 10)
    monkeypatch.setattr(build, "READY_EVENTS_MAX", 0)
    monkeypatch.setattr(build, "PROGRESS_SECONDS_MIN", 0.0)
    made = Builder(folder, clock)
    yield made
    made.close()


def order(loop: EngineLoop, clock: VirtualClock, number: int) -> None:
    now_ms = clock.now_ms()
    event = Event(f"m{number}", "track", "Order Completed", now_ms, now_ms, f"u{number % 10}",
                  None, {}, {}, {})  # fmt: skip
    loop.log.append("events", [event])


def finish(builder: Builder, engine: EngineLoop) -> None:
    while builder.step():
        continue
    engine.step()


def buyers(engine: EngineLoop) -> int:
    return engine.fold.store.member_counts().get("buyers", 0)


def test_without_a_proposal_there_is_nothing_to_do(folder, builder) -> None:
    assert builder.step() is False
    assert not folder.shadow.exists()
    assert read_progress(folder) is None


def test_the_old_version_serves_until_the_new_one_is_ready(folder, clock, engine, builder) -> None:
    propose(engine.log, Proposal(plan(11)))
    assert builder.step() is True
    engine.step()
    assert buyers(engine) == 10
    assert read_versions(engine.log).live.number == 1
    finish(builder, engine)
    assert buyers(engine) == 0
    assert read_versions(engine.log).live.number == 2
    builder.step()
    assert not folder.shadow.exists()
    assert not folder.ready.exists()


def test_progress_is_told_in_events(folder, engine, builder) -> None:
    propose(engine.log, Proposal(plan(11)))
    builder.step()
    found = read_progress(folder)
    assert found is not None
    assert (found.version, found.state) == (2, "building")
    assert (found.events, found.events_all) == (9, ORDERS)  # the first entry is the definitions
    assert found.head == engine.log.tail().offset


def test_the_remaining_time_is_reckoned_from_this_start() -> None:
    progress = Progress(2, "building", events=600, events_all=1_000, begun_events=200,
                        begun_ms=1_000, updated_ms=5_000)  # fmt: skip
    assert progress.left_ms() == 4_000
    assert Progress(2, "building").left_ms() is None


def test_a_killed_build_goes_on_where_it_was(folder, clock, engine, builder) -> None:
    propose(engine.log, Proposal(plan(11)))
    builder.step()
    builder.step()
    reached = builder.progress.offset
    builder._shadow.fold.store.begin()  # in the middle of a step
    builder._shadow.fold.store.put_profiles([(99, b"half", 0, "[]")])
    builder._shadow.fold.store._db.close(True)
    again = Builder(folder, clock)
    again.step()
    assert again.progress.offset == reached + 10
    assert again.progress.begun_events == reached - 1
    finish(again, engine)
    assert buyers(engine) == 0
    assert engine.fold.store.profile(99) is None
    again.close()
    builder._shadow = None


def test_events_of_the_meantime_are_in_it(folder, clock, engine, builder) -> None:
    propose(engine.log, Proposal(plan(11)))
    for number in range(ORDERS, 3 * ORDERS):
        order(engine, clock, number)
        if number % 10 == 0:
            builder.step()
        engine.step()
    finish(builder, engine)
    assert buyers(engine) == 10


def test_a_failure_has_words_and_changes_nothing(folder, engine, builder, monkeypatch) -> None:
    propose(engine.log, Proposal(plan(11)))
    builder.step()

    def broken(*_: object) -> None:
        message = "a bug"
        raise ValueError(message)

    with monkeypatch.context() as patch:
        patch.setattr(Fold, "take", broken)
        assert builder.step() is False
    found = read_progress(folder)
    assert found is not None
    assert found.state == "failed"
    assert "ValueError: a bug (after log entry 10)" in found.error
    assert builder.step() is False  # it does not try the same again and again
    engine.step()
    assert buyers(engine) == 10
    assert read_versions(engine.log).open.number == 2


def test_a_failed_build_is_tried_once_more_at_the_next_start(
    folder, clock, engine, builder, monkeypatch
) -> None:
    propose(engine.log, Proposal(plan(11)))
    with monkeypatch.context() as patch:
        patch.setattr(Fold, "take", lambda *_: 1 / 0)
        builder.step()
    again = Builder(folder, clock)
    finish(again, engine)
    assert buyers(engine) == 0
    assert read_progress(folder).error == ""
    again.close()


def test_what_dies_on_the_same_spot_again_and_again_has_failed(folder, clock, engine) -> None:
    propose(engine.log, Proposal(plan(11)))
    for _ in range(STARTS_MAX):
        dying = Builder(folder, clock)
        dying._begin(read_versions(engine.log).open)  # and no further
        dying.close()
    last = Builder(folder, clock)
    assert last.step() is False
    found = read_progress(folder)
    assert found.state == "failed"
    assert f"died {STARTS_MAX} times" in found.error
    last.close()


def test_a_full_disk_is_waited_out(folder, engine, builder, monkeypatch) -> None:
    """The process ends and is started again; what it waits for is shown."""
    propose(engine.log, Proposal(plan(11)))
    builder.step()
    with monkeypatch.context() as patch:

        def full(*_: object) -> None:
            message = "database or disk is full"
            raise apsw.FullError(message)

        patch.setattr(Fold, "commit", full)
        with pytest.raises(apsw.FullError):
            builder.step()
    found = read_progress(folder)
    assert found.state == "building"
    assert "takes no more" in found.error
    finish(builder, engine)
    assert buyers(engine) == 0


def test_a_newer_proposal_starts_anew(folder, engine, builder) -> None:
    propose(engine.log, Proposal(plan(11)))
    builder.step()
    propose(engine.log, Proposal(plan(10)))
    builder.step()
    assert builder.progress.version == 3
    assert builder.progress.events == 9
    finish(builder, engine)
    assert buyers(engine) == 10
    assert [v.standing for v in read_versions(engine.log).all] == ["replaced", "superseded", "live"]


def test_withdrawing_throws_the_shadow_away(folder, engine, builder) -> None:
    propose(engine.log, Proposal(plan(11)))
    builder.step()
    assert folder.shadow.exists()
    propose(engine.log, Proposal(None))
    assert builder.step() is False
    assert not folder.shadow.exists()
    engine.step()
    assert buyers(engine) == 10


def test_withdrawing_what_is_ready(folder, engine, builder) -> None:
    propose(engine.log, Proposal(plan(11)))
    while builder.step():
        continue
    assert folder.ready.exists()
    propose(engine.log, Proposal(None))
    engine.step()
    assert not folder.ready.exists()
    builder.step()
    assert not folder.shadow.exists()
    assert buyers(engine) == 10


def test_a_version_proposed_when_another_is_ready(folder, engine, builder) -> None:
    propose(engine.log, Proposal(plan(11)))
    while builder.step():
        continue
    propose(engine.log, Proposal(plan(10)))
    assert builder.step() is False  # the shadow is the engine's until it gives it back
    engine.step()
    finish(builder, engine)
    assert buyers(engine) == 10
    assert read_versions(engine.log).live.number == 3


def test_a_shadow_far_behind_is_handed_back(folder, clock, engine, builder, monkeypatch) -> None:
    """After a long stop the builder folds what has come in, not the engine."""
    propose(engine.log, Proposal(plan(31)))
    while builder.step():
        continue
    monkeypatch.setattr("ebbline.hosts.embedded.engine_loop.HAND_BACK_EVENTS_MAX", 50)
    for number in range(ORDERS, 2 * ORDERS):
        order(engine, clock, number)
    engine.step()
    assert not folder.ready.exists()
    assert buyers(engine) == 10
    finish(builder, engine)
    assert read_versions(engine.log).live.number == 2
    assert buyers(engine) == 0


def test_words_alone_are_live_at_once(folder, engine, builder) -> None:
    """Nothing has to be built where nobody's state changes."""
    propose(engine.log, Proposal(plan(2, "those who buy")))
    engine.step()
    assert read_versions(engine.log).live.number == 2
    assert engine.fold.plan.audiences[0].description == "those who buy"
    builder.step()
    assert not folder.shadow.exists()


@pytest.mark.parametrize("moment", ["proposed", "halfway", "ready", "in the log"])
def test_an_engine_that_starts_anew_goes_on(folder, clock, engine, builder, moment) -> None:
    propose(engine.log, Proposal(plan(11)))
    if moment != "proposed":
        builder.step()
    if moment in ("ready", "in the log"):
        while builder.step():
            continue
    if moment == "in the log":
        assert engine._switch()
    engine.close()
    again = EngineLoop(folder, plan(2), clock, take_up=False)
    again.step()
    finish(builder, again)
    assert buyers(again) == 0
    assert read_versions(again.log).live.number == 2
    assert Handover(folder).version() == 0
    again.close()


def test_a_trimmed_log_is_no_history(folder, engine, builder) -> None:
    propose(engine.log, Proposal(plan(11)))
    db = apsw.Connection(str(folder.log))
    db.execute("delete from log where offset = 1")
    db.close()
    assert builder.step() is False
    assert "lost its first entries" in read_progress(folder).error


def test_a_shadow_that_is_ahead_of_the_log_is_not_trusted(folder, clock, engine, builder) -> None:
    """A state from a backup meets what a later one left behind: it is built anew."""
    engine.log.append("definitions", encode_plan(plan(11)))
    stale = shadow.Shadow(folder.rebuilt, plan(11), engine.log)
    stale.fold.offset = 10_000
    stale.fold.commit()
    stale.close()
    engine.step()
    assert buyers(engine) == 0
    assert engine.fold.offset == engine.log.tail().offset
    assert engine.fold.store.profile_count() == 10
