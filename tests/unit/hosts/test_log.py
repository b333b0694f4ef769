"""The log: what was acknowledged is there, stamps never go back, refusals cost nothing."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ebbline.events.event import Event, Rejection
from ebbline.hosts.embedded import log as log_module
from ebbline.hosts.embedded import quarantine
from ebbline.hosts.embedded.limits import QUARANTINE_BODY_BYTES_MAX
from ebbline.hosts.embedded.log import Batch, DiskFull, Log, LogUnavailable, Position
from ebbline.hosts.embedded.payload import PayloadCodec


class HandClock:
    """A clock set by hand."""

    def __init__(self, at_ms: int = 1_000) -> None:
        self.at_ms = at_ms

    def now_ms(self) -> int:
        return self.at_ms

    async def sleep(self, seconds: float) -> None:
        self.at_ms += int(seconds * 1000)


def event(number: int = 1, received_ms: int = 900, **properties: object) -> Event:
    return Event(
        f"m{number}", "track", "X", 800, received_ms, "u", None, dict(properties), {}, {}
    )  # fmt: skip


def rejection(code: str = "not_json", body: bytes = b"{") -> Rejection:
    return Rejection(code, "This is not JSON.", "batch[0]", body, 950)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def log(tmp_path: Path, clock: HandClock) -> Iterator[Log]:
    opened = Log(tmp_path / "log.db", clock)
    yield opened
    opened.close()


def test_what_went_in_comes_out_in_order(log: Log) -> None:
    assert log.tail() == Position(0, 0)
    assert log.append("events", [event(1), event(2, price=1.5)]) == Position(1, 1_000)
    assert log.append("tick") == Position(2, 1_000)
    assert log.append("definitions", b"{}") == Position(3, 1_000)
    first, tick, plan = log.read(0)
    assert (first.offset, first.kind, first.count) == (1, "events", 2)
    assert log.events(first) == [event(1), event(2, price=1.5)]
    assert (tick.kind, tick.count, tick.payload) == ("tick", 0, b"")
    assert (plan.kind, plan.payload) == ("definitions", b"{}")
    assert log.tail() == Position(3, 1_000)


def test_stamps_follow_the_clock_and_the_events_and_never_go_back(
    log: Log, clock: HandClock
) -> None:
    assert log.append("tick").now_ms == 1_000
    clock.at_ms = 500
    assert log.append("tick").now_ms == 1_000
    assert log.append("events", [event(1, 3_000), event(2, 2_000)]).now_ms == 3_000
    clock.at_ms = 4_000
    assert log.append("events", [event(3)]).now_ms == 4_000


def test_an_import_brings_its_own_clock(log: Log, clock: HandClock) -> None:
    clock.at_ms = 9_000_000
    batches = [Batch("replayed", [event(n, n * 10)], n * 10) for n in (5, 3, 7)]
    assert log.append_many(batches) == Position(3, 70)
    assert [entry.now_ms for entry in log.read(0)] == [50, 50, 70]
    assert log.append("tick", now_ms=100) == Position(4, 100)


def test_reading_goes_on_after_an_offset_and_stops_at_a_limit(log: Log) -> None:
    for _ in range(150):
        log.append("tick")
    assert [entry.offset for entry in log.read(0)] == list(range(1, 151))
    assert [entry.offset for entry in log.read(10, 3)] == [11, 12, 13]
    assert [entry.offset for entry in log.read(20, 100)] == list(range(21, 121))
    assert not list(log.read(150))
    assert not list(log.read(0, 0))


def test_a_reader_between_two_rows_holds_no_writer_up(tmp_path: Path, log: Log) -> None:
    for _ in range(3):
        log.append("tick")
    reader = Log(tmp_path / "log.db", HandClock(), read_only=True)
    rows = reader.read(0)
    next(rows)
    log.append("tick")
    database = apsw.Connection(str(tmp_path / "log.db"))
    ((busy, left, _),) = database.execute("pragma wal_checkpoint(truncate)").fetchall()
    assert (busy, left) == (0, 0)
    reader.close()


def test_two_logs_share_offsets_and_stamps(tmp_path: Path, log: Log) -> None:
    ahead = Log(tmp_path / "log.db", HandClock(5_000))
    assert ahead.append("tick") == Position(1, 5_000)
    assert log.append("tick") == Position(2, 5_000)
    ahead.close()


def test_refusals_are_kept_in_the_same_commit(tmp_path: Path, log: Log) -> None:
    assert log.append("events", [], [rejection()]) == Position(0, 0)
    long = rejection("too_large", b"x" * (QUARANTINE_BODY_BYTES_MAX + 1))
    assert log.append("events", [event()], [long]).offset == 1
    rows = apsw.Connection(str(tmp_path / "log.db")).execute(
        "select received_ms, source, code, message, where_path, body from quarantine"
    )
    assert [(*row[:-1], quarantine.unpack_body(row[-1])) for row in rows] == [
        (950, "default", "not_json", "This is not JSON.", "batch[0]", b"{"),
        (950, "default", "too_large", "This is not JSON.", "batch[0]", long.body[:-1]),
    ]
    assert log.quarantined() == (2, 0)


def test_the_quarantine_is_capped_and_counts_what_it_forgot(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert log.quarantined() == (0, 0)
    monkeypatch.setattr(quarantine, "QUARANTINE_ROWS_MAX", 5)
    for _ in range(4):
        log.append("events", [], [rejection()] * 3)
    assert log.quarantined() == (5, 7)


def test_a_full_disk_is_a_clear_error_and_passes(tmp_path: Path, log: Log) -> None:
    log.append("events", [event()])
    database = log._db  # A full disk is made with its own pragma.
    pages = database.execute("pragma page_count").fetchone()
    assert pages is not None
    database.execute(f"pragma max_page_count = {pages[0] + 1}")
    noise = [event(n, text=f"{n * 7919:x}" * 40) for n in range(2_000)]
    for _ in range(2):
        with pytest.raises(DiskFull, match="takes no more"):
            log.append("events", noise, [rejection()])
    assert log.tail().offset == 1
    assert log.quarantined() == (0, 0)
    database.execute("pragma max_page_count = 1000000")
    assert log.append("events", noise, [rejection()]) == Position(2, 1_000)
    assert log.quarantined() == (1, 0)


def test_a_stuck_neighbour_is_a_typed_error(
    tmp_path: Path, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = apsw.Connection(str(tmp_path / "log.db"))
    other.execute("begin immediate")
    monkeypatch.setattr(log_module, "BUSY_MS_MAX", 10)
    second = Log(tmp_path / "log.db", HandClock())
    with pytest.raises(LogUnavailable):
        second.append("tick")
    other.execute("rollback")
    assert second.append("tick").offset == 1
    second.close()


def test_many_may_create_the_log_at_the_same_moment(tmp_path: Path) -> None:
    for turn in range(20):
        path = tmp_path / f"{turn}.db"
        start = Barrier(6)

        def open_and_append(path: Path = path, start: Barrier = start) -> int:
            start.wait()
            opened = Log(path, HandClock())
            offset = opened.append("tick").offset
            opened.close()
            return offset

        with ThreadPoolExecutor(6) as pool:
            taken = [pool.submit(open_and_append) for _ in range(6)]
            assert sorted(one.result() for one in taken) == [1, 2, 3, 4, 5, 6]


def test_a_missing_log_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailable):
        Log(tmp_path / "absent.db", HandClock(), read_only=True)


def test_every_commit_is_forced_to_disk(log: Log) -> None:
    database = log._db  # The settings live in the connection.
    assert database.execute("pragma synchronous").fetchone() == (2,)
    assert database.execute("pragma journal_mode").fetchone() == ("wal",)


def test_numbers_that_do_not_fit_stop_nothing() -> None:
    codec = PayloadCodec()
    packed = codec.encode([event(1, big=2**70, list=[-(2**64), 3], huge=10**400, flag=True)])
    properties = codec.decode(packed)[0].properties
    assert properties == {
        "big": float(2**70),
        "list": [-(2.0**64), 3],
        "huge": float("inf"),
        "flag": True,
    }


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.dictionaries(st.text(), VALUES, max_size=4), max_size=5))
def test_payloads_come_back_as_they_were(properties: list[dict[str, object]]) -> None:
    codec = PayloadCodec()
    events = [event(number, x=1) for number in range(len(properties))]
    events = [
        Event(one.message_id, "track", "X", 1, 1, "u", None, values, {}, {})
        for one, values in zip(events, properties, strict=True)
    ]
    decoded = codec.decode(codec.encode(events))
    assert codec.encode(decoded) == codec.encode(events)
    assert [one.message_id for one in decoded] == [one.message_id for one in events]
