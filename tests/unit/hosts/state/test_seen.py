"""MessageIds count once within the horizon, whatever memory holds and whoever is killed."""

from __future__ import annotations

import tempfile
from pathlib import Path

import apsw
import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ebbline.hosts.embedded.state.limits import DEDUPE_HORIZON_MS
from ebbline.hosts.embedded.state.seen import DIGEST_BYTES, Seen
from ebbline.hosts.embedded.state.seen_rows import SeenRows, Sizes
from ebbline.hosts.embedded.state.store import StateStore

NOON_MS = DEDUPE_HORIZON_MS // 2
HOUR_MS = 3_600_000
TINY = Sizes(buckets=4, held=3, chunk=3, filter_bytes=4, lots_per_filter=2)
"""Few buckets and filters that are soon full: everything happens within some tens of ids."""

SMALL = Sizes(buckets=64, held=512, chunk=100, filter_bytes=64)

HOURS = st.one_of(st.just(0), st.just(0), st.integers(-6, 6), st.sampled_from([20, 30, 60]))
EVENTS = st.tuples(st.integers(0, 40), HOURS)  # id, hours since the last one
WRITES = st.sampled_from(["commit", "commit", "kill", "kill in the commit"])
STEPS = st.one_of(EVENTS, EVENTS, WRITES)


class Plain:
    """The rule as sets: what a whole log of ids answers."""

    def __init__(self) -> None:
        self.generation, self.now, self.before = 0, set[str](), set[str]()

    def add(self, message_id: str, received_ms: int) -> bool:
        """Whether it counts."""
        generation = received_ms // DEDUPE_HORIZON_MS
        if generation > self.generation:
            follows = generation == self.generation + 1
            self.before, self.now = (self.now if follows else set()), set()
            self.generation = generation
        if message_id in self.now or message_id in self.before:
            return False
        self.now.add(message_id)
        return True


class Folding:
    """A log of ids, folded, committed and killed as the engine is."""

    def __init__(self, path: Path, sizes: Sizes) -> None:
        self.path, self.sizes = path, sizes
        self.log: list[tuple[str, int]] = []
        self.answers: list[bool] = []
        self.now_ms = NOON_MS
        self.open()

    def open(self) -> None:
        """Start, and come to where the state is: what is in no chunk is read from the log."""
        self.store = StateStore(self.path)
        self.seen = Seen(self.store, sizes=self.sizes)
        self.offset = self.store.meta("offset") or 0
        for each in self.log[self.store.meta("seen_offset") or 0 : self.offset]:
            self.seen.add(*each)
        del self.answers[self.offset :]

    def take(self, number: int, hours: int) -> None:
        """One more id comes in, perhaps later than it was received."""
        self.now_ms = max(self.now_ms + hours * HOUR_MS, 0)
        self.log.append((f"m{number}", self.now_ms))

    def fold(self) -> None:
        """Answer for all that is in the log."""
        self.answers += [self.seen.add(*each) for each in self.log[len(self.answers) :]]

    def commit(self, *, killed: bool = False) -> None:
        """Write, as the fold does; or die just before the commit."""
        self.fold()
        self.store.begin()
        offset = len(self.log)
        if self.seen.flush():
            self.store.set_meta({"seen_offset": offset})
        self.store.set_meta({"offset": offset})
        if killed:
            self.kill()
        else:
            self.store.commit()

    def kill(self) -> None:
        """What is not committed is gone, and everything in memory."""
        self.store.rollback()
        self.store.close()
        self.open()


# A day is turned by an id that is known, and what comes late after the restart is of the new one.
TURNED_BY_A_KNOWN_ID = [(1, 0), (2, 0), (3, 0), "commit", (1, 24), "commit", "kill", (9, -20),
                        (5, 44), (9, 0)]  # fmt: skip


@example(TURNED_BY_A_KNOWN_ID)
@given(st.lists(STEPS, min_size=30, max_size=150))
def test_it_is_a_plain_set_whoever_is_killed_when(steps: list[tuple[int, int] | str]) -> None:
    """The law: the answers are those of sets that hold everything."""
    with tempfile.TemporaryDirectory() as folder:
        folding, plain = Folding(Path(folder) / "state.db", TINY), Plain()
        for step in steps:
            if isinstance(step, tuple):
                folding.take(*step)
                folding.fold()
            elif step == "kill":
                folding.kill()
            else:
                folding.commit(killed=step != "commit")
        folding.fold()
        assert folding.answers == [plain.add(*each) for each in folding.log]
        folding.store.close()


def test_once_within_a_horizon_and_again_after_two(tmp_path: Path) -> None:
    """An id is held for one horizon at least and forgotten after two."""
    seen = Seen(StateStore(tmp_path / "state.db"))
    assert seen.add("a", NOON_MS)
    assert not seen.add("a", NOON_MS + 1)
    assert not seen.add("a", NOON_MS + DEDUPE_HORIZON_MS)
    assert seen.add("a", NOON_MS + 2 * DEDUPE_HORIZON_MS)


def test_chunks_survive_a_restart(tmp_path: Path) -> None:
    """What was written is known to the next process; what was not is the log's to tell."""
    store = StateStore(tmp_path / "state.db")
    seen = Seen(store)
    seen.add("a", NOON_MS)
    assert not seen.flush(), "one id is no chunk's worth yet"
    assert seen.flush(everything=True)
    seen.add("b", NOON_MS)
    store.close()
    again = Seen(StateStore(tmp_path / "state.db"))
    assert not again.add("a", NOON_MS)
    assert again.add("b", NOON_MS)


def test_the_default_bound_is_less_than_128_mib() -> None:
    """Filters of two generations and what is held of them, with Python's own."""
    sizes, generations, object_bytes = Sizes(), 2, 33 + DIGEST_BYTES
    filters = generations * sizes.buckets * (sizes.filter_bytes + 1)
    held = sizes.held * DIGEST_BYTES + generations * sizes.buckets * (object_bytes + 8)
    assert filters + held + sizes.chunk * DIGEST_BYTES < 128 << 20


def filled(path: Path, ids: int) -> tuple[StateStore, Seen]:
    """So many ids within one generation, committed a hundred at a time."""
    store = StateStore(path)
    seen = Seen(store, sizes=SMALL)
    for start in range(0, ids, 100):
        assert all(seen.add(f"m{n}", NOON_MS) for n in range(start, start + 100))
        store.begin()
        seen.flush()
        store.commit()
        assert seen.held() <= SMALL.held
    return store, seen


def test_memory_has_a_bound_that_ids_do_not_move(tmp_path: Path) -> None:
    """Twenty times as many ids as memory holds, and every one of them is known."""
    most = SMALL.held * DIGEST_BYTES + SMALL.chunk * DIGEST_BYTES
    most += 2 * SMALL.buckets * (SMALL.filter_bytes + 1) + 2
    _, seen = filled(tmp_path / "state.db", 10_000)
    assert seen.in_memory() <= most
    assert not any(seen.add(f"m{n}", NOON_MS + DEDUPE_HORIZON_MS) for n in range(10_000))
    assert seen.in_memory() <= most


def test_a_restart_loads_what_memory_may_hold_and_no_more(tmp_path: Path) -> None:
    """The rest is looked up when somebody asks."""
    store, _ = filled(tmp_path / "state.db", 10_000)
    chunks = list(store.seen_rows().chunks(0))
    assert sum(len(digests) for _, _, digests in chunks) <= 3 * SMALL.held * DIGEST_BYTES
    store.close()
    again = Seen(StateStore(tmp_path / "state.db"), sizes=SMALL)
    assert again.held() <= SMALL.held + SMALL.chunk
    assert not any(again.add(f"m{n}", NOON_MS) for n in range(10_000))
    assert all(again.add(f"n{n}", NOON_MS) for n in range(1_000))


def test_few_new_ids_are_looked_up_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A filter of six bits an id lets one of ten through, or fewer."""
    _, seen = filled(tmp_path / "state.db", 64 * 64 * 8 // 6)
    asked: list[int] = []
    monkeypatch.setattr(SeenRows, "lots", lambda _, __, bucket: asked.append(bucket) or [])
    assert all(seen.add(f"n{n}", NOON_MS) for n in range(2_000))
    assert 0 < len(asked) < 200


def test_generations_past_the_horizon_are_dropped(tmp_path: Path) -> None:
    """The store does not grow for ever, and no commit drops a whole generation."""
    store = StateStore(tmp_path / "state.db")
    seen = Seen(store, sizes=SMALL)
    for day in range(6):
        for number in range(1_000):
            seen.add(f"m{day} {number}", NOON_MS + day * DEDUPE_HORIZON_MS)
        seen.flush(everything=True)
    for _ in range(2 * SMALL.buckets):
        seen.flush()
    db = apsw.Connection(str(tmp_path / "state.db"))
    for table in ("seen_chunks", "seen_lots", "seen_filters"):
        rows = db.execute(f"SELECT DISTINCT generation FROM {table} ORDER BY 1").fetchall()
        assert {generation for (generation,) in rows} <= {4, 5}, table


def test_the_ids_of_an_older_file_are_taken_over(tmp_path: Path) -> None:
    """A folder of an Ebbline that kept them as texts goes on without counting any twice."""
    store = StateStore(tmp_path / "state.db")
    db = apsw.Connection(str(tmp_path / "state.db"))
    db.execute("CREATE TABLE seen (id INTEGER PRIMARY KEY, generation INTEGER, message_ids BLOB)")
    for generation in (3, 4):
        ids = [f"m{generation} {number}" for number in range(1_000)]
        packed = msgspec.msgpack.encode(ids)
        db.execute("INSERT INTO seen (generation, message_ids) VALUES (?, ?)", (generation, packed))
    now_ms = NOON_MS + 4 * DEDUPE_HORIZON_MS
    for _ in range(2):
        seen = Seen(store, sizes=SMALL)
        assert seen.generation == 4
        assert seen.held() <= SMALL.held + SMALL.chunk
        assert not any(seen.add(f"m{g} {n}", now_ms) for g in (3, 4) for n in range(1_000))
    assert not seen.add("m4 1", now_ms + DEDUPE_HORIZON_MS)
    assert seen.add("m3 1", now_ms + DEDUPE_HORIZON_MS)
