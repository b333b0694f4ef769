"""The crowd of the restart benchmark: so many different people, in order of arrival."""

from __future__ import annotations

import msgspec

from benchmarks.peers.calls import call_of
from benchmarks.restart.__main__ import main, table
from benchmarks.restart.crowd import DAY_MS, crowd_lines, live_lines
from benchmarks.restart.run import Restart, evict
from benchmarks.system import cpu_seconds, memory_mib
from benchmarks.workload import DEFAULT_FOLDER

NOW_MS = 1_790_000_000_000


def test_everybody_comes_two_or_three_times_in_order():
    calls = [call_of(line) for line in crowd_lines(101, NOW_MS, seed=1)]
    assert len({call.message_id for call in calls}) == len(calls) == 101 * 2 + 50
    assert len({call.user for call in calls}) == len({call.device for call in calls}) == 101
    received = [call.received_ms for call in calls]
    assert received == sorted(received)
    assert NOW_MS - 3 * DAY_MS < received[0] < received[-1] < NOW_MS
    assert list(crowd_lines(9, NOW_MS, 1)) != list(crowd_lines(9, NOW_MS, 2))


def test_live_events_are_of_different_people():
    calls = [call_of(line) for line in live_lines(1_000, 300, NOW_MS, seed=1)]
    assert len({call.user for call in calls}) == 300


def test_evicting_leaves_files_as_they_are(tmp_path):
    file = tmp_path / "x.db"
    file.write_bytes(b"x" * 10_000)
    evict([file])
    assert file.read_bytes() == b"x" * 10_000


def test_a_process_is_looked_at_from_outside():
    memory = memory_mib(1)
    assert memory["peak"] >= memory["rss"] >= 0
    assert cpu_seconds(2**22 + 1) == 0.0


def test_limits_are_named_beside_the_figures():
    found = Restart(
        people=7, audiences=10, events=17, pending=5, import_cpu_seconds=1.0, import_peak_mib=1_600,
        state_mib=1, log_mib=1, ready_seconds=4.5, ready_engine_cpu_seconds=0.5,
        warm_ready_seconds=2.0, ready_mib={"engine": 300, "collect": 50}, live_events=3,
        live_mib=400, live_peak_mib=500,
    )  # fmt: skip
    rows = {tuple(part.strip() for part in line.split("  ") if part.strip())
            for line in table(found).splitlines()}  # fmt: skip
    assert ("import, MiB at the most", "1,600", "limit 1,536: OVER") in rows
    assert ("engine once ready, MiB", "300", "limit 1,536") in rows
    assert ("cold start until ready, seconds", "4.50", "limit 5") in rows
    assert ("all processes then, MiB", "350", "engine 300, collect 50") in rows


if DEFAULT_FOLDER.is_dir():

    def test_the_whole_measurement_runs(tmp_path, capsys):
        options = ["--people", "300", "--live", "100", "--data", str(tmp_path), "--json"]
        assert main(options) == 0
        told = msgspec.json.decode(capsys.readouterr().out)
        assert (told["people"], told["events"]) == (300, 750)
        assert 0 < told["pending"] <= 300
        assert 0 < told["ready_engine_cpu_seconds"] < told["ready_seconds"] * 2
        assert told["ready_mib"].keys() >= {"supervisor", "collect", "engine", "deliver"}
        assert list(tmp_path.iterdir()) == []
