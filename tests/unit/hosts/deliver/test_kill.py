"""kill -9 at any moment: what was acknowledged to nobody is lost to nobody."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

import pytest

from ebbline.definitions.plan import encode_plan
from ebbline.hosts.embedded.doorbell import make_bell
from tests.unit.hosts.deliver.rig import KEY, braze_at, plan_of, tell, until, users

ROOT = Path(__file__).resolve().parents[4]
CHILD = """
import asyncio, sys
from pathlib import Path
from ebbline.definitions.plan import decode_plan
from ebbline.hosts.embedded.deliver import run_deliver
folder = Path(sys.argv[1])
plan = decode_plan((folder / "plan.json").read_bytes())
asyncio.run(run_deliver(folder, plan, int(sys.argv[2]), ready=lambda: print("ready", flush=True)))
"""


async def start(folder, bell):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, str(folder), str(bell), pass_fds=(bell,),
        env=os.environ | {"BRAZE_KEY": KEY, "EBBLINE_ALLOW_OUTBOUND": "127.0.0.1"},
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert await process.stdout.readline() == b"ready\n"
    return process


@pytest.mark.parametrize("seed", [1, 2])
async def test_kill(tmp_path, state, sandbox, seed):
    rng, truth = random.Random(seed), {}
    (tmp_path / "plan.json").write_bytes(
        encode_plan(plan_of(braze_at(sandbox.url, fence_seconds=0.3)))
    )
    tell(sandbox, timeout=True, late_ms=150, hold_ms=200, probability=0.1, seed=seed)
    for profile in range(1, 21):
        state.person(profile, ("user_id", f"u{profile}"))
    bell, hearing = make_bell()
    for _ in range(6):
        process = await start(tmp_path, hearing.fileno())
        for _ in range(rng.randrange(5, 40)):
            profile, audience = rng.randint(1, 20), rng.choice(["high_intent", "churn"])
            held = truth.setdefault(profile, {})
            held[audience] = not held.get(audience, False)
            (state.enter if held[audience] else state.leave)(profile, audience)
            bell.ring()
            await asyncio.sleep(rng.random() * 0.02)
        process.kill()
        await process.wait()
    sandbox.app.faults.active.clear()
    process = await start(tmp_path, hearing.fileno())
    names = {"high_intent": "segment_high_intent", "churn": "churn"}
    wanted = {
        f"u{profile}": {names[a] for a, member in held.items() if member}
        for profile, held in truth.items()
    }
    wanted = {name: held for name, held in wanted.items() if held}
    try:
        await until(lambda: members(sandbox) == wanted, seconds=15)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 8) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        bell.close()
        hearing.close()


def members(sandbox):
    found = {
        name: {field for field, held in values.items() if held}
        for name, values in users(sandbox).items()
    }
    return {name: held for name, held in found.items() if held}
