"""What the latency benchmark prepares, and how it reads what came back."""

from __future__ import annotations

import msgspec
import pytest

from benchmarks.latency.__main__ import main
from benchmarks.latency.figures import Spread, spread_of
from benchmarks.latency.past import write_calls, write_history
from benchmarks.latency.project import CROWD, project_at, traits
from benchmarks.latency.readings import ANSWERED, BEHIND, EVENT, PUBLISHED, TIME, drain_of, phase_of
from benchmarks.latency.report import Latencies, document, table
from benchmarks.latency.sending import Sent
from benchmarks.latency.watching import Seen
from benchmarks.peers.calls import call_of
from benchmarks.rules import plan_of
from benchmarks.workload import DEFAULT_FOLDER
from ebbline.definitions import load_project
from ebbline.hosts.embedded.importing import replay
from ebbline.hosts.embedded.state.schema import KINDS
from tests.unit.benchmarks.questions import ANSWER, END_MS, SmallWorkload, lines

HOUR_MS = 3_600_000
ENTERED, EXITED, TRAIT, LINKED = (KINDS[k] for k in ("entered", "exited", "trait", "linked"))


def test_percentiles_are_figures_that_were_measured():
    assert spread_of(range(1, 201)) == Spread(200, 100, 190, 198, 200)
    assert spread_of([7.0]) == Spread(1, 7, 7, 7, 7)
    assert spread_of([]) == Spread(0, 0, 0, 0, 0)


def project(folder, hook="http://127.0.0.1:9/hook"):
    plan = plan_of(SmallWorkload(), len(ANSWER))
    loaded = load_project(project_at(folder, plan, hook))
    assert loaded.plan is not None, loaded.errors
    return loaded.plan


def test_fifty_traits_and_all_audiences_go_to_the_destination(tmp_path):
    plan = project(tmp_path)
    assert len(traits()) == len(plan.traits) == 50
    assert {each.name for each in plan.audiences} == {*ANSWER, CROWD}
    synced = {each.audience or each.trait for each in plan.destinations[0].sync}
    assert synced == {*ANSWER, *traits()}


def test_without_a_destination_nothing_is_synced(tmp_path):
    assert project(tmp_path, hook=None).destinations == ()


def test_the_crowd_leaves_at_one_instant(tmp_path):
    moved_to, comes = END_MS + 300 * HOUR_MS, END_MS + 290 * HOUR_MS
    archive = tmp_path / "history.ndjson"
    write_history(archive, lines(), moved_to, crowd=20, crowd_ms=comes)
    told = [call_of(line) for line in archive.read_bytes().splitlines() if b"crowd" not in line]
    assert told[-1].received_ms == moved_to
    received = [msgspec.json.decode(x)["receivedAt"] for x in archive.read_bytes().splitlines()]
    assert received == sorted(received)
    assert len(received) == len(lines()) + 20
    plan = project(tmp_path / "project")
    for until, members in ((comes + 24 * HOUR_MS - 1, 20), (comes + 24 * HOUR_MS, 0)):
        summary = replay(plan, tmp_path / str(until), archive, until)
        assert summary.audiences[CROWD] == members


def test_calls_to_send_have_no_instants(tmp_path):
    write_calls(tmp_path / "calls", lines())
    calls = [msgspec.json.decode(line) for line in (tmp_path / "calls").read_bytes().splitlines()]
    assert [call["messageId"] for call in calls] == [call_of(x).message_id for x in lines()]
    assert not any({"timestamp", "receivedAt"} & call.keys() for call in calls)


def test_an_event_counts_once_for_memberships_and_once_for_traits():
    sent = [Sent(9.9, 10.0, 10.02, 200, ["a", "b"]), Sent(10.0, 10.1, 10.15, 503, ["a", "c"])]
    seen = [
        Seen(10.005, LINKED, 10_000, "a", 1), Seen(10.010, ENTERED, 10_000, "a", 2),
        Seen(10.030, EXITED, 10_000, "a", 3), Seen(10.012, TRAIT, 10_000, "a", 4),
        Seen(10.040, ENTERED, 10_000, "not ours", 2), Seen(10.070, EXITED, 10_050, None, 2),
        Seen(10.900, EXITED, 10_050, None, 5),
    ]  # fmt: skip
    phase = phase_of("calm", sent, seen, without=5)
    assert (phase.events, phase.refused) == (4, 2)
    assert phase.spreads[EVENT] == spread_of([10.0])
    assert phase.spreads[PUBLISHED] == spread_of([12.0])
    assert phase.spreads[TIME].max == pytest.approx(20.0)
    assert phase.spreads[ANSWERED] == spread_of([20.0, 20.0, 50.0, 50.0])
    assert phase.spreads[BEHIND].max == 100.0
    later = phase_of("later", sent, seen, (10.05, 11.0), without=5)
    assert (later.events, later.spreads[TIME].count) == (2, 1)


def test_the_crowds_exits_are_timed_from_their_instant():
    seen = [Seen(20.1, ENTERED, 1, "m", 7), Seen(20.2, EXITED, 20_000, None, 7),
            Seen(21.5, EXITED, 20_000, None, 7), Seen(22.0, EXITED, 20_000, None, 8)]  # fmt: skip
    drain = drain_of(seen, 7, 20_000)
    assert (drain.exits, drain.first_seconds, drain.last_seconds) == (2, 0.2, 1.5)
    assert drain_of([], 7, 20_000).exits == 0


def test_table_and_document_say_the_same():
    sent = [Sent(9.9, 10.0, 10.02, 429, ["a"])]
    phases = [phase_of("calm", sent, [Seen(10.01, ENTERED, 10_000, "a", 2)])]
    found = Latencies(100, 50, 1_000, 10, 7, 0, True, -10, phases, None, {"engine": 0.25})
    assert "event to membership" in table(found)
    assert "calm: 1 of 1 events were refused" in table(found)
    assert "priority -10" in table(found)
    told = msgspec.json.decode(document(found))
    assert told["phases"][0]["spreads"][EVENT]["p99"] == 10.0


def test_no_workload_is_said_plainly(tmp_path, capsys):
    assert main(["--workload", str(tmp_path / "none"), "--data", str(tmp_path)]) == 2
    assert "name it with --workload DIR" in capsys.readouterr().err


# The workload lies beside the repository where the project is worked on, not in every clone.
if DEFAULT_FOLDER.is_dir():

    def test_the_whole_measurement_runs(tmp_path, capsys):
        options = ["--seconds", "2", "--per-second", "100", "--history", "300", "--audiences", "10"]
        assert main([*options, "--data", str(tmp_path), "--json"]) == 0
        told = msgspec.json.decode(capsys.readouterr().out)
        assert told["phases"][0]["events"] == 200
        assert told["phases"][0]["refused"] == 0
        assert told["phases"][0]["spreads"][EVENT]["count"] > 10
        assert told["phases"][0]["spreads"][PUBLISHED]["count"] > 10
        assert [path.suffix for path in tmp_path.iterdir()] == [".ndjson"]
