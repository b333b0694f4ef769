"""A probe goes through a real door and is known again by its value; where it is stuck is said."""

from __future__ import annotations

import base64

import msgspec
import pytest
from aiohttp import web

from ebbline.definitions.plan import ProbeDef
from ebbline.hosts.embedded.parsing import parser_for
from tests.unit.hosts.deliver.objectives.rig import START_MS, NoTransport, Rig
from tests.unit.hosts.deliver.state_file import StateFile

PROBE = ProbeDef(300_000, "ebbline-probe", "Ebbline Probe", "lead_score")
MINUTE = 60_000


class Door:
    """A door of our own, as far as a probe sees it."""

    def __init__(self):
        self.status, self.calls = 200, []

    async def take(self, request):
        self.calls.append((request.path, dict(request.headers), await request.read()))
        return web.Response(status=self.status)


@pytest.fixture
async def door():
    made, app = Door(), web.Application()
    app.router.add_post("/v1/track", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    yield made
    await runner.cleanup()


@pytest.fixture
async def rig(tmp_path, door):
    state = StateFile(tmp_path / "state.db")
    state.db.execute("CREATE TABLE identifiers (type TEXT, value TEXT, profile INT)")
    state.db.execute("INSERT INTO identifiers VALUES ('user_id', 'ebbline-probe', 1)")
    made = Rig(tmp_path, probe=PROBE, door=door.url, transport=NoTransport())
    yield made
    await made.objectives.close()
    made.close()


async def send(rig):
    """A round that lets a probe leave, and one that takes back what the door said."""
    rig.look()
    rig.objectives.launch()
    await rig.objectives.land(2)
    rig.look()


def latest(rig):
    return rig.store.db.execute(
        "SELECT state, stage, error FROM slo_probes ORDER BY sent_ms DESC LIMIT 1"
    ).fetchone()


async def test_the_event_is_an_ordinary_call_of_the_door(rig, door):
    await send(rig)
    ((path, headers, body),) = door.calls
    assert path == "/v1/track"
    key = base64.b64decode(headers["Authorization"].removeprefix("Basic "))
    assert key == b"dev:"
    event = parser_for(rig.plan).parse_line(body, received_ms=START_MS + 5)
    assert (event.name, event.time_ms) == ("Ebbline Probe", START_MS)
    assert latest(rig) == ("under way", "", "")


async def test_a_probe_is_over_when_the_destination_has_its_value(rig):
    await send(rig)
    rig.later(700)
    rig.ledger.score(1, START_MS, rig.now_ms)
    rig.answer("done", after_ms=200)
    assert latest(rig) == ("in time", "decide", "")
    assert rig.metric("ebbline_slo_probe_seconds") == 0.9
    assert rig.metric("ebbline_slo_probes_total", outcome="in_time") == 1
    assert rig.objectives._probes.failing("braze") is None


async def test_somebody_elses_value_is_no_answer(rig):
    rig.ledger.score(2, START_MS - 1, rig.now_ms)
    await send(rig)
    rig.answer("done")
    assert latest(rig) == ("under way", "", "")


async def test_a_probe_that_comes_late_says_so(rig):
    await send(rig)
    rig.ledger.score(1, START_MS, rig.now_ms)
    rig.answer("retry")
    rig.later(3 * MINUTE)
    rig.answer("done", after_ms=100)
    assert latest(rig) == ("late", "retry", "")
    assert "late; its stage is retry" in rig.objectives._probes.failing("braze")


@pytest.mark.parametrize(
    ("reached", "stage"), [("log", "decide"), ("outbox", "queue"), ("tried", "retry")]
)
async def test_where_a_probe_is_stuck_is_found_in_the_outbox(rig, reached, stage):
    await send(rig)
    if reached != "log":
        rig.ledger.score(1, START_MS, rig.now_ms)
    if reached == "tried":
        rig.answer("retry")
    rig.look()
    rig.later(3 * MINUTE)
    rig.look()
    assert latest(rig) == ("late", stage, "")
    rig.later(3 * MINUTE)
    rig.look()
    first = rig.store.db.execute("SELECT state, stage FROM slo_probes ORDER BY sent_ms").fetchone()
    assert first == ("missing", stage)


async def test_a_door_that_is_shut_is_the_collect_stage(rig, door):
    door.status = 503
    await send(rig)
    assert latest(rig) == ("failed", "collect", "our own door answered 503")
    assert rig.objectives.wake_at_ms([rig.lane]) == START_MS + MINUTE
    rig.later(MINUTE)
    rig.look()
    alarms = rig.store.db.execute("SELECT indicator, rule, state FROM slo_alarms").fetchall()
    assert alarms == [("probe", "late", "firing")]


async def test_probes_leave_on_their_schedule_over_a_restart(tmp_path, rig, door):
    await send(rig)
    assert rig.objectives._probes.next_ms() == START_MS + 120_001
    rig.later(MINUTE)
    again = Rig(tmp_path, probe=PROBE, door=door.url, transport=NoTransport(), clock=rig.clock)
    await send(again)
    assert len(door.calls) == 1
    rig.later(4 * MINUTE)
    await send(again)
    assert len(door.calls) == 2
    bodies = [msgspec.json.decode(body)["messageId"] for _, _, body in door.calls]
    assert bodies == [f"probe-braze-{START_MS}", f"probe-braze-{START_MS + 5 * MINUTE}"]
    await again.objectives.close()
    again.close()


def test_without_a_door_nothing_is_probed(tmp_path):
    rig = Rig(tmp_path, probe=PROBE)
    assert rig.objectives._probes.next_ms() is None
    rig.look()
    assert rig.store.db.execute("SELECT count(*) FROM slo_probes").fetchone() == (0,)
    rig.close()
