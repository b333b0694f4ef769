"""With as many first tries failing as a large vendor has published, everything arrives."""

from __future__ import annotations

import apsw
import msgspec
import pytest

from tests.simulation import virtual
from tests.simulation.weather.places import PLACES
from tests.simulation.weather.sky import DAY_MS, KINDS, Spell
from tests.simulation.weather.storm import Storm

FIRST_TRIES_FAIL = 0.0664
FINAL_SUCCESS = 0.999


class Drizzle(Storm):
    """The same share of failures all day, no kills and no pauses; counts what became of each."""

    def __init__(self, *given) -> None:
        super().__init__(*given)
        now_ms = self.clock.now_ms()
        for place in self.places[:-1]:
            spell = Spell(now_ms, now_ms + 2 * DAY_MS, FIRST_TRIES_FAIL, KINDS)
            self.transport.skies[place.host].spells = [spell]

    async def _kill(self) -> None:
        """Nobody is killed today."""

    async def _pause(self) -> None:
        """Nobody is held back today."""

    def tries(self):
        """(first tries, those that did not succeed) by what deliver itself has kept."""
        rows = self.deliver_rows
        first = [state for attempt, state in rows if attempt == 1]
        return len(first), sum(state != "done" for state in first)

    def _check(self) -> None:
        super()._check()
        db = apsw.Connection(str(self.folder / "delivery.db"))
        self.deliver_rows = db.execute(
            "SELECT a.attempt, a.state FROM attempts a JOIN destinations d ON d.id = a.destination"
            " WHERE d.name <> 'healthy'"
        ).fetchall()
        asked = (
            "SELECT count(*), sum(dead <> '' OR NOT sure OR kind = 'audience' AND desired <> acked)"
            " FROM cells WHERE address NOT LIKE ':%'"
        )
        self.cells, self.unsettled = db.execute(asked).fetchone()


@pytest.mark.parametrize("seed", range(3))
def test_nearly_everything_arrives(seed, tmp_path, record_property):
    async def main(clock):
        drizzle = Drizzle(seed, tmp_path, clock, list(PLACES))
        await drizzle.run()
        first, failed = drizzle.tries()
        share = failed / first
        record_property("first_tries", {"all": first, "failed": failed})
        assert FIRST_TRIES_FAIL / 2 < share < FIRST_TRIES_FAIL * 2, (failed, first)
        assert 1 - drizzle.unsettled / drizzle.cells >= FINAL_SUCCESS

    virtual.run(main)


def test_the_weather_is_as_bad_as_it_says():
    spell = Spell(0, 1, FIRST_TRIES_FAIL, KINDS)
    assert msgspec.structs.asdict(spell)["share"] == 0.0664
