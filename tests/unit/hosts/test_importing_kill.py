"""kill -9 of an import, again and again: it goes on where it was, and the end is that of one that
was never disturbed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ebbline.definitions import load_files
from ebbline.definitions.plan import Plan, encode_plan
from ebbline.hosts.embedded import importing
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.history import History
from tests.simulation.system import dump

ROOT = Path(__file__).resolve().parents[3]
KILLS = int(os.environ.get("EBBLINE_KILLS", "10"))
ROWS = 40_000
FILES = {
    "ebbline.yml": b"name: killed\n",
    "audiences/a.yml": b"audiences:\n"
    b"  spent: {owner: o, when: 'sum(\"Order\", n, within=\"1h\") > 12'}\n",
    "tracking-plan/p.yml": b"events:\n  Order:\n    properties:\n      n: {type: number}\n",
}  # fmt: skip
CHILD = """
import sys
from pathlib import Path
from ebbline.definitions.plan import decode_plan
from ebbline.errors import SetupError
from ebbline.hosts.embedded import event_file, importing, importing_csv, importing_parquet
for module in (event_file, importing_csv, importing_parquet):
    module.IMPORT_BLOCK_BYTES = 10_000
importing.IMPORT_COMMIT_BATCHES = 7
plan = decode_plan(Path(sys.argv[1]).read_bytes())
print("ready", flush=True)
try:
    importing.replay(plan, Path(sys.argv[2]), Path(sys.argv[3]))
except SetupError as error:  # all of it was taken in, and the kill hit the history
    assert "first event" in str(error)
importing.write_history(Path(sys.argv[2]))
"""
# No messageIds: a row's place in the file is its name.
QUERY = f"""
SELECT 'Order' AS event, 'u' || (i * 7919 % 300) AS "userId",
    strftime(TIMESTAMP '2026-01-01' + INTERVAL (i * 10) SECOND, '%Y-%m-%dT%H:%M:%SZ')
        AS "receivedAt",
    i % 13 AS "properties.n" FROM range({ROWS}) t(i)
"""

pytestmark = [pytest.mark.slow, pytest.mark.alone]


@pytest.fixture(name="plan")
def one_audience(tmp_path: Path) -> Plan:
    """Left where the child reads it too."""
    plan = load_files(FILES).plan
    assert plan is not None
    (tmp_path / "plan.json").write_bytes(encode_plan(plan))
    return plan


def held(folder: Path) -> list[Any]:
    """Everybody's events in history and tail."""
    with History(DataFolder(folder)) as history, history.events() as db:
        return db.execute(
            "SELECT profile, time_ms, known_ms, name, properties FROM events ORDER BY ALL"
        ).fetchall()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_killed_import_goes_on(tmp_path, plan, kind, capsys):
    file, rng = tmp_path / f"orders.{kind}", random.Random(kind)
    duckdb.sql(f"COPY ({QUERY}) TO '{file}' (FORMAT {kind})")
    command = [sys.executable, "-c", CHILD, *map(str, (tmp_path / "plan.json", tmp_path / "data"))]
    killed = 0
    for attempt in range(1_000):
        process = subprocess.Popen([*command, str(file)], cwd=ROOT, stdout=subprocess.PIPE)
        assert process.stdout is not None
        with process.stdout:
            assert process.stdout.readline() == b"ready\n"
        if attempt < KILLS:
            time.sleep(rng.uniform(0.05, 0.6))
            killed += process.poll() is None
            process.kill()
            process.wait()
        else:
            assert process.wait() == 0
            break
    whole = importing.replay(plan, tmp_path / "whole", file)
    importing.write_history(tmp_path / "whole")
    assert whole.events == ROWS
    assert held(tmp_path / "data") == held(tmp_path / "whole")
    ours, theirs = dump.state(tmp_path / "data"), dump.state(tmp_path / "whole")
    assert ours["memberships"] == theirs["memberships"]
    assert ours["profiles"] == theirs["profiles"]
    assert len(ours["ledger"]) == len(theirs["ledger"]) > 100
    with capsys.disabled():
        print(f"\n{kind}: {killed} kills before the end")  # noqa: T201 - shows that it was hit
    assert killed > KILLS // 3
