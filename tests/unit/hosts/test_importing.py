"""Imports from files: order, interruption, endless lines, what was refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ebbline.definitions import load_files
from ebbline.definitions.plan import Plan
from ebbline.errors import SetupError
from ebbline.events.limits import EVENT_BYTES_MAX
from ebbline.hosts.embedded import importing
from ebbline.hosts.embedded.log import Log

HOUR = "2026-01-01T{:02d}:00:00.000Z"
RULE = 'audiences:\n  fresh: {owner: o, when: \'performed("E", within="90m")\'}\n'


@pytest.fixture(name="plan")
def one_audience() -> Plan:
    """People with an event in the last hour and a half."""
    files = {"ebbline.yml": b"name: importing\n", "audiences/a.yml": RULE.encode()}
    plan = load_files(files).plan
    assert plan is not None
    return plan


def line(hour: int, **fields: Any) -> bytes:
    """One event at a full hour, received there."""
    at = HOUR.format(hour)
    call = {"type": "track", "event": "E", "userId": f"u{hour}", "messageId": f"m{hour}",
            "timestamp": at, "receivedAt": at} | fields  # fmt: skip
    return json.dumps(call).encode()


def write(path: Path, *lines: bytes) -> Path:
    """A file of lines."""
    path.write_bytes(b"".join(one + b"\n" for one in lines))
    return path


def test_a_replay_is_exact_in_time(tmp_path: Path, plan: Plan) -> None:
    """The clock follows receivedAt: two people are left after the last event."""
    file = write(tmp_path / "e.ndjson", *[line(hour) for hour in range(6)])
    summary = importing.replay(plan, tmp_path / "data", file)
    assert (summary.events, summary.entered, summary.exited) == (6, 6, 4)
    assert summary.audiences == {"fresh": 2}


def test_an_interrupted_replay_goes_on(
    tmp_path: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second run reads the rest and the result is that of one run."""
    file = write(tmp_path / "e.ndjson", *[line(hour) for hour in range(20)])
    whole = importing.replay(plan, tmp_path / "whole", file)
    monkeypatch.setattr("ebbline.hosts.embedded.event_file.IMPORT_BLOCK_BYTES", 400)

    def interrupt(done: int, _all: int) -> None:
        if done > 1_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        importing.replay(plan, tmp_path / "data", file, progress=interrupt)
    rest = importing.replay(plan, tmp_path / "data", file)
    assert rest.resumed_at_line > 1
    assert rest.audiences == whole.audiences
    assert rest.profiles == whole.profiles == 20


def test_a_file_that_is_done_is_not_taken_twice(tmp_path: Path, plan: Plan) -> None:
    """Its first event lies before the folder's clock: a sentence says so."""
    file = write(tmp_path / "e.ndjson", line(1), line(2))
    importing.replay(plan, tmp_path / "data", file)
    with pytest.raises(SetupError, match="after the file's first event"):
        importing.replay(plan, tmp_path / "data", file)


def test_until_leaves_the_rest_for_the_next_time(tmp_path: Path, plan: Plan) -> None:
    """What was received later is not taken, and is when the clock goes on."""
    file = write(tmp_path / "e.ndjson", *[line(hour) for hour in range(4)])
    two_ms = 1_767_232_800_000  # 02:00
    first = importing.replay(plan, tmp_path / "data", file, until_ms=two_ms)
    assert (first.events, first.later, first.now_ms) == (3, 1, two_ms)
    rest = importing.replay(plan, tmp_path / "more", file)
    again = importing.replay(plan, tmp_path / "data", write(tmp_path / "rest", line(3)))
    assert again.audiences == rest.audiences


def test_the_order_is_checked_at_the_first_good_line(tmp_path: Path, plan: Plan) -> None:
    """Bad lines at the top do not hide that the file is from the past."""
    importing.replay(plan, tmp_path / "data", write(tmp_path / "late", line(9)))
    file = write(tmp_path / "early", *[b"{"] * 10, line(1))
    with pytest.raises(SetupError, match="2026-01-01 09:00:00"):
        importing.replay(plan, tmp_path / "data", file)


def test_refused_lines_are_named(tmp_path: Path, plan: Plan) -> None:
    """The first few by line number; all of them are in the quarantine."""
    bad = line(2, timestamp="yesterday")
    file = write(tmp_path / "e", b"\xef\xbb\xbf" + line(1), b"", b"{", bad, b"[]", b"7")
    summary = importing.replay(plan, tmp_path / "data", file)
    assert (summary.events, summary.rejected) == (1, 4)
    assert [(refusal.line, refusal.code) for refusal in summary.refusals] == [
        (3, "not_json"), (4, "bad_timestamp"), (5, "not_object")
    ]  # fmt: skip
    log = Log(tmp_path / "data" / "log.db", importing.SystemClock(), read_only=True)
    assert log.quarantined()[0] == 4
    log.close()


def test_an_endless_line_is_refused_in_bounded_memory(
    tmp_path: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is cut where no event can be so long, and the next line counts."""
    monkeypatch.setattr("ebbline.hosts.embedded.event_file.IMPORT_BLOCK_BYTES", 10_000)
    file = write(tmp_path / "e", line(1), b"x" * (5 * EVENT_BYTES_MAX), line(2))
    summary = importing.replay(plan, tmp_path / "data", file)
    assert (summary.events, summary.rejected) == (2, 1)
    assert [(refusal.line, refusal.code) for refusal in summary.refusals] == [(2, "too_large")]


def test_append_keeps_the_events_own_times(tmp_path: Path, plan: Plan) -> None:
    """Received now, dated as they say; a system that runs is not needed."""
    file = write(tmp_path / "e", line(1), line(2), b"{")
    summary = importing.append(plan, tmp_path / "data", file)
    assert (summary.events, summary.rejected) == (2, 1)
    log = Log(tmp_path / "data" / "log.db", importing.SystemClock(), read_only=True)
    (entry,) = log.read(0)
    assert [event.time_ms for event in log.events(entry)] == [1_767_229_200_000, 1_767_232_800_000]
    log.close()
