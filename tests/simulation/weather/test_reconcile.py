"""What somebody changed behind our back is found, all of it and nothing else, and set right."""

from __future__ import annotations

from random import Random

import msgspec
import pytest

from ebbline.definitions.plan import ReconcileDef
from ebbline.hosts.embedded.deliver.commands import Reconcile, Spool
from ebbline.hosts.embedded.deliver.reconcile.asking import report_of, reports
from tests.simulation import virtual
from tests.simulation.delivery.world import AUDIENCES
from tests.simulation.weather.places import MARKETO, PLACES, READABLE
from tests.simulation.weather.sky import HOUR_MS
from tests.simulation.weather.storm import Storm

PEOPLE = 1_500
SHARE = 0.01
WRITES_A_DRIFT = 1.1


class Quiet(Storm):
    """People who keep changing, under a clear sky; every value that leaves is counted."""

    people = PEOPLE

    def __init__(self, *given) -> None:
        super().__init__(*given)
        for sky in self.transport.skies.values():
            sky.spells = []
        self.sent = []

    def _watch(self, send, request) -> None:
        if send is not None:
            self.sent += [
                (str(i.address), v.field, v.version) for i in send.items for v in i.values
            ]

    async def wait(self, seconds) -> None:
        await self.clock.sleep(seconds)
        if self.task.done():
            self.task.result()

    async def reconcile(self, place, name="asked", *, live=True, **options):
        Spool(self.folder).put(Reconcile(name, place.name, **options), name)
        self.deliver.wake()
        for _ in range(600):
            if live:
                await self._change()
            await self.wait(1)
            report = report_of(self.folder, name)
            if report is not None and report.ended_ms is not None:
                return report
        raise AssertionError("it does not end")


def drift(place, vendor, rng):
    """Change one in a hundred of the memberships there; which they were."""
    held = place.held(vendor)
    known = [(name, audience) for name in held for audience in AUDIENCES if audience in held[name]]
    chosen = rng.sample(known, max(1, round(len(known) * SHARE)))
    for name, audience in chosen:
        place.flip(vendor, name, audience)
    return set(chosen)


def ours(place):
    """Our name of each field there."""
    return {sync.field: sync.audience or sync.trait for sync in place.definition.sync}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("place", READABLE, ids=lambda place: place.name)
@pytest.mark.parametrize("live", [True, False])
def test_drift_is_found_and_healed(place, seed, live, tmp_path):
    async def main(clock):
        quiet = Quiet(seed, tmp_path, clock, [place])
        quiet._begin()
        for _ in range(2_000):
            await quiet._change()
        await quiet.wait(600)
        vendor = quiet.transport.skies[place.host].vendor
        changed = drift(place, vendor, Random(seed))
        quiet.sent.clear()
        before = {row.seq for row in quiet.town.rows}
        report = await quiet.reconcile(place, live=live)
        await quiet.wait(120)
        assert report.state == "done", report.problem
        moved = {row.profile for row in quiet.town.rows if row.seq not in before}
        named = ours(place)
        found = {(each.address.partition(":")[2], named[each.field]) for each in report.examples}
        assert found <= changed, "somebody was repaired who was right"
        at_rest = {(n, f) for n, f in changed if n not in quiet.names(place, moved)}
        assert at_rest <= found, "a drift was not found"
        assert live or found == changed
        assert report.healed == report.drifts == len(found)
        old = [each for each in quiet.sent if each[2] in before and each[0] != ""]
        again = [
            each for each in old if not quiet.names(place, moved) & {each[0].partition(":")[2]}
        ]
        assert len(again) <= WRITES_A_DRIFT * len(found)
        quiet.deliver.stop()
        await quiet.task
        quiet._check()

    virtual.run(main)


def test_a_schedule_is_kept_across_restarts(tmp_path):
    daily = msgspec.structs.replace(
        PLACES[0].definition, reconcile=ReconcileDef(every_ms=24 * HOUR_MS)
    )
    place = msgspec.structs.replace(PLACES[0], definition=daily)

    async def main(clock):
        quiet = Quiet(1, tmp_path, clock, [place])
        quiet._begin()
        began_ms = clock.now_ms()
        await quiet.wait(3 * HOUR_MS / 1000)
        await quiet._kill()
        await quiet.wait(60 * HOUR_MS / 1000)
        quiet.deliver.stop()
        await quiet.task
        found = sorted(each.started_ms - began_ms for each in reports(tmp_path, "braze", 10))
        assert [round(ms / HOUR_MS) for ms in found] == [0, 24, 48]
        assert all(each.state == "done" for each in reports(tmp_path, "braze", 10))

    virtual.run(main)


def test_a_sample_and_no_healing(tmp_path):
    async def main(clock):
        place = PLACES[0]
        quiet = Quiet(1, tmp_path, clock, [place])
        quiet._begin()
        for _ in range(500):
            await quiet._change()
        await quiet.wait(600)
        vendor = quiet.transport.skies[place.host].vendor
        for name in place.held(vendor):
            for audience in AUDIENCES:
                place.flip(vendor, name, audience)
        report = await quiet.reconcile(place, sample=50, heal=False)
        assert (report.people, report.healed) == (50, 0)
        assert report.drifts > 30
        quiet.deliver.stop()
        await quiet.task

    virtual.run(main)


def test_a_session_that_has_ended_is_begun_anew(tmp_path):
    async def main(clock):
        quiet = Quiet(2, tmp_path, clock, [MARKETO])
        quiet._begin()
        for _ in range(200):
            await quiet._change()
        await quiet.wait(7 * HOUR_MS / 1000)
        vendor = quiet.transport.skies[MARKETO.host].vendor
        changed = drift(MARKETO, vendor, Random(2))
        report = await quiet.reconcile(MARKETO)
        assert (report.state, report.drifts) == ("done", len(changed))
        vendor.expire()
        report = await quiet.reconcile(MARKETO, name="again")
        assert (report.state, report.drifts) == ("done", 0), report.problem
        quiet.deliver.stop()
        await quiet.task

    virtual.run(main)
