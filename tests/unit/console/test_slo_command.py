"""`ebbline slo` and the delivery lines of `ebbline status`, as people and scripts read them."""

from __future__ import annotations

import json
import shutil

import pytest

from ebbline.definitions.plan import SloDef
from ebbline.delivery.objectives import Alarm, Tally, Times
from ebbline.hosts.embedded.deliver.objectives.buckets import WHOLE, Buckets
from ebbline.hosts.embedded.deliver.objectives.schema import SCHEMA
from ebbline.hosts.embedded.deliver.objectives.silences import read_silences
from ebbline.hosts.embedded.deliver.store import DeliveryStore

SLO = SloDef()


def tally(latencies, retried=0, dead=0, wait_ms=0):
    made = Tally(dead=dead, overtaken=1)
    for number, ms in enumerate(latencies):
        made.deliver(first_try=number >= retried)
        made.time(Times(0, 5, 5, 5 + wait_ms, ms), SLO.latency_alert_ms, SLO.latency_objective_ms)
    return made


@pytest.fixture
def folder(shop, tmp_path, monkeypatch):
    """A data folder like the imported one, in which deliver has counted."""
    made = tmp_path / "data"
    shutil.copytree(shop.folder / ".ebbline" / "data", made)
    store = DeliveryStore(made / "delivery.db")
    now_ms = 1_777_636_800_000  # 2026-05-01T12:00:00Z, the state's own clock
    with store.db:
        store.db.execute(SCHEMA)
        store.db.execute("INSERT INTO slo_standing (destination) VALUES ('braze')")
        buckets = Buckets(store.db)
        many = tally([400] * 985 + [3_000] * 14 + [130_000], retried=66, dead=2, wait_ms=300)
        buckets.add("braze", WHOLE, now_ms - 10_000, many)
        buckets.add("braze", "audience:high_intent", now_ms - 10_000, many)
        buckets.save(now_ms)
    yield made, store
    store.close()


def test_the_tables_say_how_fast_and_how_surely(shop, folder):
    out = shop("slo", "--data", folder[0]).stdout.splitlines()
    assert out == [
        "shop promises 99.9 % of changes delivered, and within 2m, over 30d",
        "",
        "How fast: from a captured event to the answer",
        "destination    changes     p50     p95    p99  in time  slow in  budget  burn 1h",
        "braze            1,002  399 ms  399 ms  2.9 s   99.9 %  request     0 %        1",
        "  high_intent    1,002  399 ms  399 ms  2.9 s   99.9 %  request     0 %        1",
        "",
        "How surely",
        "destination    first try   final  laid aside  overtaken   budget  burn 1h",
        "braze            93.21 %  99.8 %           2          1  used 2x        2",
        "  high_intent    93.21 %  99.8 %           2          1  used 2x        2",
    ]


def test_no_line_is_wider_than_a_narrow_terminal(shop, folder):
    assert max(map(len, shop("slo", "--data", folder[0]).stdout.splitlines())) <= 80


def test_what_waits_and_what_alarms_comes_last(shop, folder):
    path, store = folder
    alarms = [Alarm("braze", "latency", "fast", "firing", 1_777_636_000_000),
              Alarm("braze", "latency", "slow", "covered", 1_777_636_000_000)]  # fmt: skip
    for alarm in alarms:
        store.db.execute(
            "INSERT INTO slo_alarms VALUES (?, ?, ?, ?, ?, ?)",
            (alarm.destination, alarm.indicator, alarm.rule, alarm.state, alarm.since_ms, 0),
        )
    store.db.execute("UPDATE slo_standing SET overdue = 1200, stage = 'queue'")
    store.db.execute(
        "INSERT INTO slo_probes VALUES ('braze', 1777636700000, 1777636700040, NULL, 'late',"
        " 'queue', '')"
    )
    out = shop("slo", "--data", path).stdout
    assert out.endswith(
        "\nbraze: probe of 2026-05-01 11:58:20: late in queue\n"
        "braze: 1,200 changes are overdue now, in queue\n"
        "ALARM braze: latency (fast) firing since 2026-05-01 11:46:40\n"
    )
    assert "45.4 %" in out  # 1,200 of 2,200 are late while they wait
    status = shop("status", "--data", path).stdout
    assert "  delivery   braze: 45.4" in status
    assert "slow stage request, 1,200 overdue in queue, probe late in queue\n" in status
    assert "  delivery   ALARM braze: latency (fast) firing since" in status


def test_a_script_gets_everything(shop, folder):
    found = json.loads(shop("slo", "--data", folder[0], "--json").stdout)
    assert found["objective"]["success"] == 0.999
    assert found["window_ms"] == 30 * 86_400_000
    row = found["destinations"]["braze"]["rows"][1]
    assert row["source"] == "audience:high_intent"
    assert (row["changes"], row["dead"], row["slowest"]) == (1_002, 2, "request")
    assert row["within_objective"] == 0.999
    status = json.loads(shop("status", "--data", folder[0], "--json").stdout)
    assert status["slo"]["destinations"] == found["destinations"]


def test_another_window_is_another_budget(shop, folder):
    out = shop("slo", "--data", folder[0], "--window", "6h").stdout
    assert "the last 6h, and what it used of a budget of its own" in out
    assert "1,002" in out


def test_nothing_delivered_is_said(shop):
    result = shop("slo")
    assert result.stdout.startswith("shop promises 99.9 %")
    assert result.stderr == "Nothing has been delivered in this window.\n"
    assert "delivery" not in shop("status").stdout


@pytest.mark.parametrize("window", ["often", "0s", "-1h"])
def test_a_window_that_is_none_is_a_usage_error(shop, window):
    assert "no length of time" in shop("slo", f"--window={window}", code=2).stderr


def test_a_silence_is_left_for_deliver_and_can_be_ended(shop, folder):
    path = folder[0]
    names = [each.name for each in _plan(shop).destinations]
    result = shop("slo", "--silence", names[0], "--for", "2h", "--data", path)
    assert result.stdout.startswith(f"Nobody is told of {names[0]}'s alarms until 20")
    assert list(read_silences(path)) == [names[0]]
    shop("slo", "--silence", names[0], "--for", "0s", "--data", path)
    assert read_silences(path) == {}
    assert "There are: " in shop("slo", "--silence", "nobody", "--data", path, code=1).stderr


def _plan(shop):
    from ebbline.console.place import Place

    return Place(shop.folder).plan()
