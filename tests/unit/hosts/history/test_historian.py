"""The historian: every event that the engine counted is in history or tail exactly once,
wherever it is stopped."""

from __future__ import annotations

import contextlib

import duckdb
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ebbline.errors import SetupError
from ebbline.events.event import Event
from ebbline.hosts.embedded.folder import open_folder
from ebbline.hosts.embedded.history import Historian, Manifest
from ebbline.hosts.embedded.history.limits import READERS_MS
from ebbline.hosts.embedded.state.placements import pack, unpack
from tests.unit.hosts.history.rig import DAY_MS, HandClock, Rig

HOUR_MS = 3_600_000


class Killed(Exception):
    """The process ends here."""


def kill_in(historian: Historian, number: int) -> None:
    """Have the historian end at the n-th of these moments: a file is written, the manifest is
    about to be committed, it was committed."""
    left = number

    def moment() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed

    write, commit = historian._writer.write, historian._manifest.commit

    def writing(*args, **options):
        made = write(*args, **options)
        moment()
        return made

    def committing(*args):
        moment()
        commit(*args)
        moment()

    historian._writer.write, historian._manifest.commit = writing, committing


steps = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(1, 40)),
        st.tuples(st.just("replay"), st.integers(1, 40)),
        st.tuples(st.just("pass"), st.sampled_from([1, 1000, HOUR_MS, DAY_MS])),
        st.tuples(st.just("fold"), st.just(0)),
        st.tuples(st.just("write"), st.just(0)),
        st.tuples(st.just("kill"), st.integers(0, 12)),
    ),
    max_size=25,
)


@settings(max_examples=max(10, settings().max_examples // 20))
@given(seed=st.integers(0, 10_000), steps=steps, chunk=st.sampled_from([5, 50, 100_000]))
def test_history_and_tail_are_what_the_engine_counted(tmp_path_factory, seed, steps, chunk):
    rig = Rig(tmp_path_factory.mktemp("history") / "data", seed)
    historian = rig.historian(chunk_events=chunk)
    for what, number in [*steps, ("send", 10), ("fold", 0)]:
        match what:
            case "send" | "replay":
                kind = "events" if what == "send" else "replayed"
                rig.send(rig.random_batch(number), kind)
            case "pass":
                rig.clock.ms += number
            case "fold":
                rig.fold()
            case "write":
                historian.catch_up()
            case "kill":
                kill_in(historian, number)
                with contextlib.suppress(Killed):
                    historian.catch_up()
                historian.close()
                historian = rig.historian(chunk_events=chunk)
    assert rig.found() == rig.expected()
    historian.catch_up()
    assert historian.lag() == 0
    assert sum(file.rows for file in historian.held.files) == sum(map(len, rig.theirs.values()))
    assert rig.found() == rig.expected()
    historian.close()
    rig.loop.close()


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path / "data")
    yield rig
    rig.loop.close()


def test_a_start_deletes_what_a_kill_left(rig):
    rig.send(rig.random_batch(50))
    rig.fold()
    historian = rig.historian()
    kill_in(historian, 1)
    with pytest.raises(Killed):
        historian.catch_up()
    assert list(rig.folder.history.rglob("*.parquet"))
    (rig.folder.history / "2026-01-01").mkdir(exist_ok=True)
    (rig.folder.history / "2026-01-01" / "events-000000009.new").write_bytes(b"half")
    rig.historian()
    assert list(rig.folder.history.iterdir()) == []


def test_small_files_become_one_and_the_old_ones_go_when_readers_have(rig):
    historian = rig.historian()
    for _ in range(8):
        rig.send(rig.random_batch(5, spread_ms=1))
        rig.fold()
        historian.catch_up()
    (only,) = historian.held.files
    assert only.rows == sum(map(len, rig.theirs.values()))
    assert len(list(rig.folder.history.rglob("*.parquet"))) == 9
    rig.clock.ms += READERS_MS
    historian.catch_up()
    assert [file.name for file in rig.folder.history.rglob("*.parquet")] == [
        only.path.rpartition("/")[2]
    ]


def test_files_are_sorted_by_person_and_time(rig):
    rig.send(rig.random_batch(300))
    rig.fold()
    historian = rig.historian()
    historian.catch_up()
    days = [file.day for file in historian.held.files]
    assert days == sorted(set(days))
    assert len(days) > 1
    for file in historian.held.files:
        rows = duckdb.sql(
            "SELECT profile, time_ms, message_id FROM"
            f" read_parquet('{rig.folder.history / file.path}')"
        ).fetchall()
        assert rows == sorted(rows)
        assert (file.first_ms, file.last_ms) == (min(r[1] for r in rows), max(r[1] for r in rows))


def test_only_days_within_retention_stay(rig):
    historian = rig.historian(keep_days=2)
    rig.send(rig.random_batch(100, spread_ms=10 * DAY_MS))
    rig.fold()
    historian.catch_up()
    today = historian.held.offset_ms // DAY_MS
    days = {file.first_ms // DAY_MS for file in historian.held.files}
    assert days
    assert min(days) >= today - 2
    assert historian.lag() == 0


def test_events_that_are_another_persons_now_are_corrected(rig):
    """As after an unmerge, or under other rules of identity."""
    rig.send(rig.random_batch(30))
    rig.send(rig.random_batch(30))
    rig.fold()
    historian = rig.historian()
    historian.catch_up()
    store = rig.loop.fold.store
    rows = dict(store._run('SELECT "offset", profiles FROM placements').fetchall())
    moved = {offset: [7 if who else 9 for who in unpack(row)] for offset, row in rows.items()}
    store.begin()
    store.put_placements((offset, pack(new)) for offset, new in moved.items())
    store.put_merged([])
    store._run("DELETE FROM merged")
    store.commit()
    expected = {
        7: sum(who == 7 for row in moved.values() for who in row),
        9: sum(who == 9 for row in moved.values() for who in row),
    }

    def counted():
        return {profile: len(events) for profile, events in rig.found().items()}

    assert counted() == expected  # the reader knows before the files do
    assert historian.step()
    assert counted() == expected
    assert sum(file.rows for file in historian.held.files) == sum(expected.values())
    assert historian.held.replaced == len(rows)
    while historian.step():
        continue
    assert counted() == expected


def test_nobodys_events_that_turn_out_to_be_somebodys_come_once(rig):
    """Their entry brought no row, so nothing was committed behind it."""
    rig.send(rig.random_batch(30))
    rig.fold()
    historian = rig.historian()
    historian.catch_up()
    nobody = [Event(f"x{n}", "track", "E", 1, 1, "null", None, {}, {}, {}) for n in range(3)]
    rig.send(nobody)
    rig.fold()
    assert not historian.step()
    store = rig.loop.fold.store
    store.begin()
    store.put_placements([(rig.loop.fold.offset, pack([1, 1, 1]))])
    store.commit()
    before = len(rig.expected()[1])
    for _ in range(2):  # a start reads what is not committed once more
        assert len(rig.found()[1]) == before + 3
        historian.catch_up()
        historian = rig.historian()


def test_a_state_without_placements_is_explained(rig):
    """As one that an older version made."""
    rig.send(rig.random_batch(5))
    rig.fold()
    rig.loop.fold.store._run("DELETE FROM placements")
    historian = rig.historian()
    with pytest.raises(SetupError, match="move state"):
        historian.step()
    assert historian.held.files == ()


def test_the_manifest_is_all_or_nothing(rig, tmp_path):
    rig.send(rig.random_batch(20))
    rig.fold()
    historian = rig.historian()
    historian.catch_up()
    held = historian.held
    bad = msgspec.structs.replace(held.files[0], id=99)  # its path is taken
    with pytest.raises(Exception, match="UNIQUE"):
        historian._manifest.commit(
            held, msgspec.structs.replace(held, files=(*held.files, bad), offset=999), 0
        )
    again = Manifest(rig.folder.history_index, read_only=True)
    assert again.snapshot() == held


def test_nothing_folded_is_nothing_to_do(tmp_path):
    historian = Historian(open_folder(tmp_path / "data"), HandClock())
    assert not historian.step()
    assert historian.lag() == 0
    historian.close()
