"""From a bad hour to a message: alarms fire on real counts, are told once, survive restarts."""

from __future__ import annotations

import time

import msgspec

from ebbline.connectors import Failure, Response
from ebbline.connectors.webhook.signing import is_genuine
from ebbline.definitions.plan import AlertDef, SloDef
from ebbline.hosts.embedded.deliver.objectives.silences import read_silences, silence
from tests.unit.delivery.lanes import LIMITS
from tests.unit.hosts.deliver.objectives.rig import START_MS, Rig

SECRET = "whsec_" + "A" * 32
HOOK = AlertDef(webhook="https://example.com/hook", secret="env:HOOK_SECRET")
OTHER = AlertDef(webhook="env:OTHER_URL")
ENVIRON = {"HOOK_SECRET": SECRET, "OTHER_URL": "https://example.org/secret-path"}
MINUTE = 60_000


class Receiver:
    """Takes requests, or answers as it is told to."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    async def send(self, request, limits):
        self.requests.append(request)
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Failure):
            return answer
        return Response(answer, {}, b"")

    async def close(self):
        pass

    @property
    def kinds(self):
        return [msgspec.json.decode(each.body)["type"] for each in self.requests]

    def told(self, number=0):
        return msgspec.json.decode(self.requests[number].body)


LIMITS_ALONE = msgspec.structs.replace(LIMITS, objects_max=1, concurrency=8)


def make(folder, receiver, alerts=(HOOK,), **kept):
    slo = SloDef(alerts=alerts)
    return Rig(folder, slo=slo, transport=receiver, environ=ENVIRON, **kept)


async def deliver(rig):
    """Let leave what is due and take in what comes back, until nothing is under way."""
    for _ in range(10):
        rig.objectives.launch()
        await rig.objectives.land(1)
        rig.look()


async def an_outage(rig, people=30, minutes=4):
    """Changes that find the destination down for some minutes, looked at each minute."""
    for profile in range(people):
        rig.enter(profile)
    for _ in range(minutes):
        rig.answer("retry")
        rig.later(MINUTE)
        rig.look()
    await deliver(rig)


async def test_an_outage_alarms_while_it_lasts_and_names_the_stage(tmp_path):
    receiver = Receiver()
    rig = make(tmp_path, receiver)
    await an_outage(rig)
    assert set(receiver.kinds) == {"slo.firing"}
    rules = {told["data"]["rule"]: told for told in map(receiver.told, range(len(receiver.kinds)))}
    assert set(rules) == {"p95", "fast"}  # the slower rules fire too, and would say the same
    states = dict(rig.store.db.execute("SELECT rule, state FROM slo_alarms").fetchall())
    assert states == {"p95": "firing", "fast": "firing", "steady": "covered", "slow": "covered"}
    told = rules["fast"]
    assert told["data"]["slowest_stage"] == "retry"
    assert told["data"]["overdue"] == 30
    assert told["data"]["worst"] == [{"source": "audience:vip", "changes": 30}]
    assert told["data"]["burn"] == {"long": 1000.0, "short": 1000.0}
    assert "later than 2m" in told["text"]
    assert "over 14.4 times as fast as allowed" in told["text"]
    assert "The slow stage is retry" in told["text"]
    assert rig.metric("ebbline_slo_alarm", indicator="latency", rule="fast") == 1
    assert rig.metric("ebbline_slo_overdue_changes") == 30
    rig.close()


async def test_a_destination_that_is_down_is_said_to_be(tmp_path):
    receiver = Receiver()
    rig = make(tmp_path, receiver, limits=LIMITS_ALONE)
    await an_outage(rig, people=8)
    assert rig.lane.breaker.state == "open"
    assert "Requests are held back (open): so it was." in receiver.told()["text"]
    rig.close()


async def test_messages_are_signed_as_a_receiver_checks_them(tmp_path):
    receiver = Receiver()
    rig = make(tmp_path, receiver)
    await an_outage(rig)
    request = receiver.requests[0]
    headers = dict(request.headers)
    assert is_genuine(SECRET, headers, request.body, rig.now_ms // 1000)
    assert not is_genuine(SECRET, headers, request.body + b" ", rig.now_ms // 1000)
    rig.close()


async def test_every_alarm_is_told_once_and_its_end_once(tmp_path):
    receiver = Receiver()
    rig = make(tmp_path, receiver)
    await an_outage(rig)
    fired = len(receiver.requests)
    while rig.answer("done"):
        rig.later(1_000)
    for _ in range(24 * 60):
        rig.later(MINUTE)
        rig.look()
        if rig.objectives.wake_at_ms([rig.lane]) is None:
            break
    await deliver(rig)
    for _ in range(4 * 24):
        rig.later(60 * MINUTE)
        rig.look()
    await deliver(rig)
    assert receiver.kinds.count("slo.firing") == receiver.kinds.count("slo.resolved") == fired
    assert rig.objectives.wake_at_ms([rig.lane]) is None
    rig.close()


async def test_what_was_not_taken_is_sent_again_under_its_id_even_after_a_restart(tmp_path):
    receiver = Receiver(*[Failure("timeout", "no answer")] * 20)
    rig = make(tmp_path, receiver)
    await an_outage(rig)
    tried = {dict(request.headers)["webhook-id"] for request in receiver.requests}
    assert len(tried) == 1  # one after the other
    clock = rig.clock
    rig.close()
    receiver = Receiver()
    again = make(tmp_path, receiver, clock=clock)
    again.later(10 * MINUTE)
    again.look()
    await deliver(again)
    ids = [dict(request.headers)["webhook-id"] for request in receiver.requests]
    assert tried < set(ids)
    assert len(ids) == len(set(ids)) == 2
    again.close()
    last = make(tmp_path, Receiver(), clock=clock)
    last.look()
    await deliver(last)
    assert last.objectives._transport.requests == []
    last.close()


async def test_a_receiver_that_refuses_for_good_is_given_up_and_others_are_told(tmp_path):
    receiver = Receiver()
    receiver.send = refuse(receiver, "example.com")
    rig = make(tmp_path, receiver, alerts=(HOOK, OTHER))
    await an_outage(rig)
    rows = rig.store.db.execute(
        "SELECT state, error, count(*) FROM slo_notices GROUP BY 1, 2 ORDER BY 1"
    ).fetchall()
    assert rows == [("delivered", "", 2), ("given up", "the webhook answered 404", 2)]
    rig.close()


def refuse(receiver, host):
    async def send(request, limits):
        receiver.requests.append(request)
        return Response(404 if host in request.url else 204, {}, b"")

    return send


async def test_no_secret_is_kept_with_an_error(tmp_path):
    url = ENVIRON["OTHER_URL"]
    rig = make(tmp_path, Receiver(Failure("unsent", f"cannot connect to {url}")), alerts=(OTHER,))
    await an_outage(rig)
    rig.store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    held = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert b"secret-path" not in held
    assert b"env:OTHER_URL" not in held
    rig.close()


async def test_a_silenced_destination_tells_nobody_until_the_silence_ends(tmp_path):
    receiver = Receiver()
    rig = make(tmp_path, receiver)
    silence(tmp_path, "braze", START_MS + 10 * MINUTE, START_MS)
    await an_outage(rig)
    assert receiver.requests == []
    states = rig.store.db.execute("SELECT DISTINCT state FROM slo_alarms").fetchall()
    assert states == [("silenced",)]
    rig.later(7 * MINUTE)
    rig.look()
    await deliver(rig)
    assert set(receiver.kinds) == {"slo.firing"}
    rig.close()


def test_a_silence_that_is_over_is_forgotten(tmp_path):
    silence(tmp_path, "braze", 5_000, 1_000)
    silence(tmp_path, "hook", 20_000, 6_000)
    assert read_silences(tmp_path) == {"hook": 20_000}
    silence(tmp_path, "hook", 6_000, 6_000)
    assert read_silences(tmp_path) == {}
    (tmp_path / "slo-silences.json").write_text("[broken")
    assert read_silences(tmp_path) == {}


async def test_changes_that_are_laid_aside_burn_the_other_budget(tmp_path):
    receiver = Receiver()
    rig = make(tmp_path, receiver)
    for profile in range(300):
        rig.enter(profile)
    while rig.answer("", among=lambda item: "refused" if item.address.value < "u12" else "done"):
        rig.later(20)
    rig.later(MINUTE)
    rig.look()
    await deliver(rig)
    told = {each["data"]["indicator"] for each in map(receiver.told, range(len(receiver.kinds)))}
    assert told == {"success"}
    assert "laid aside" in receiver.told()["text"]
    assert rig.levels().final == 276 / 300
    rig.close()


async def test_history_that_waits_alarms_nobody(tmp_path):
    receiver = Receiver()
    rig = make(tmp_path, receiver)
    with rig.store.db:
        rig.store.db.execute("DELETE FROM slo_spans")
        rig.begin(end=1_000)
    await an_outage(rig, minutes=10)
    assert receiver.requests == []
    rig.close()


async def test_a_quiet_system_is_not_looked_at(tmp_path):
    rig = make(tmp_path, Receiver())
    rig.look()
    assert rig.objectives.wake_at_ms([rig.lane]) is None
    rig.enter(1)
    rig.answer("done")
    assert rig.objectives.wake_at_ms([rig.lane]) == START_MS + MINUTE
    rig.later(MINUTE)
    rig.look()
    assert rig.objectives.wake_at_ms([rig.lane]) is None
    rig.close()


async def test_a_look_costs_little(tmp_path):
    """Full series of minutes and hours; the figure is for the record, its bound is generous."""
    rig = make(tmp_path, Receiver())
    for _ in range(6 * 60):
        rig.enter(1)
        rig.answer("done")
        rig.ledger.leave(1, now_ms=rig.now_ms)
        rig.answer("done")
        rig.later(MINUTE)
    begun = time.perf_counter()
    rig.look()
    assert time.perf_counter() - begun < 0.5
    rig.close()
