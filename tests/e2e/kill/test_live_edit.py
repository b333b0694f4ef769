"""`kill -9` of builder and engine while a live audience is changed under load: it goes on, nothing
acknowledged is lost and nothing wrong is delivered.

The folder has a past that takes the builder a while, clients never stop, and every new version
comes while processes die. `EBBLINE_EDITS` says how many versions, `EBBLINE_KILL_SEED` which
moments are drawn.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from ebbline.events.event import Event
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.folder import open_folder
from ebbline.hosts.embedded.log import Log
from ebbline.hosts.embedded.versions import Version, read_versions
from tests.e2e.kill import checks
from tests.e2e.kill.load import Sender
from tests.e2e.whole.door import Door
from tests.e2e.whole.project import project_at
from tests.e2e.whole.sandbox import Sandboxes
from tests.e2e.whole.system import WholeSystem, is_quiet, until

EDITS = int(os.environ.get("EBBLINE_EDITS", "4"))
SEED = int(os.environ.get("EBBLINE_KILL_SEED", "1"))
KILLS = 4  # while each version is built
SENDERS = 2
PEOPLE = 100  # of each sender
PAST_EVENTS = 60_000
BATCH = 500
BUILT_SECONDS_MAX = 120
QUIET_SECONDS_MAX = 120
WINDOWS_SECONDS = 6
# Each version has the rules of its turn; all have the same fields at Braze.
RULES = (
    ('count("Product Viewed", within="3s") >= 3', 'count("Product Viewed", within="4s") >= 2'),
    ('performed("Product Viewed", within="2s")', 'performed("Product Viewed", within="3s")'),
)

pytestmark = [pytest.mark.slow, pytest.mark.alone]


def past(data: Path) -> None:
    """A log that has seen an hour of the same people."""
    log, now_ms = Log(open_folder(data).log, SystemClock()), SystemClock().now_ms() - 3_600_000
    events = [
        Event(f"past-{n}", "track", "Product Added", now_ms, now_ms, f"s{n % SENDERS}-{n % PEOPLE}",
              None, {"product_id": "p1"}, {}, {})
        for n in range(PAST_EVENTS)
    ]  # fmt: skip
    for start in range(0, PAST_EVENTS, BATCH):
        log.append("events", events[start : start + BATCH], now_ms=now_ms + start)
    log.close()


def edit(project: Path, number: int) -> None:
    """Another rule for the audience of this turn."""
    for file in (project / "audiences").glob("*.yml"):
        text = file.read_text("utf-8")
        one, other = RULES[number % len(RULES)]
        text = text.replace(one, "@").replace(other, one).replace("@", other)
        file.write_text(text, "utf-8")


def apply(system: WholeSystem) -> None:
    """As a shell would, without waiting."""
    command = [
        sys.executable, "-m", "ebbline.console.cli", "apply", "--yes", "--no-counts", "--no-wait",
        "--project", str(system.project), "--data", str(system.data),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def last(system: WholeSystem) -> Version:
    log = Log(system.data / "log.db", SystemClock(), read_only=True)
    try:
        return read_versions(log).all[-1]
    finally:
        log.close()


@pytest.fixture
def sandboxes(tmp_path):
    with Sandboxes(tmp_path / "applied.jsonl") as sandboxes:
        yield sandboxes


@pytest.fixture
def system(tmp_path, sandboxes):
    project = project_at(tmp_path / "project", Path(__file__).parent / "project", sandboxes)
    past(tmp_path / "data")
    with WholeSystem(project, tmp_path / "data", tmp_path / "system.log") as system:
        yield system


def test_killed_builds_go_on_and_nothing_wrong_is_delivered(system, sandboxes, tmp_path, capsys):
    rng = random.Random(SEED)
    senders = [Sender(system.port, f"s{n}", PEOPLE, SEED) for n in range(SENDERS)]
    for sender in senders:
        sender.start()
    victims: Counter[tuple[str, str]] = Counter()
    seconds = []
    for number in range(EDITS):
        edit(system.project, number)
        apply(system)
        began = time.monotonic()
        for turn in range(KILLS):
            time.sleep(rng.uniform(0, 1.0))
            standing = last(system).standing
            victim = ("builder", "engine", "builder", "deliver")[turn]
            system.kill(victim)
            victims[victim, standing] += 1
        until(lambda: last(system).standing == "live", "it is live", BUILT_SECONDS_MAX)
        seconds.append(time.monotonic() - began)
    for sender in senders:
        sender.end()
    time.sleep(WINDOWS_SECONDS)
    until(lambda: is_quiet(system), "the system is quiet", QUIET_SECONDS_MAX)
    users, applied = checks.all_of(Door(sandboxes.braze_port)), sandboxes.applied()
    assert system.stop() == 0

    plan = checks.plan_at(system.project)
    acknowledged = {k: call for sender in senders for k, call in sender.acknowledged.items()}
    lost = checks.lost(system.data, acknowledged)
    wrong = checks.differing(users, checks.wanted(system.data, plan))
    stale = checks.stale(applied, system.data, plan)
    with capsys.disabled():
        print(  # noqa: T201 - the promised figures
            f"\n{EDITS} versions under {sum(victims.values())} kills {dict(victims)}: live after"
            f" at most {max(seconds):.1f} s; {len(acknowledged)} events acknowledged,"
            f" {len(lost)} lost; {len(applied)} objects delivered, {len(wrong)} people wrong,"
            f" {len(stale)} stale"
        )
    assert lost == []
    assert checks.refolded(system.data, tmp_path / "again", plan) == []
    assert wrong == []
    assert stale == []
    assert not (system.data / "state.next.db").exists()
    assert any(standing == "open" for _, standing in victims)
