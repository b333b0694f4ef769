"""People who change through a day, and the state.db an engine would keep of them."""

from __future__ import annotations

from pathlib import Path
from random import Random

from tests.simulation.delivery.world import World
from tests.unit.hosts.deliver.state_file import StateFile


class Town(World):
    """A world that writes itself down, each step in one transaction."""

    def __init__(self, rng: Random, people: int, path: Path) -> None:
        self.state = StateFile(path)
        self.state.db.execute("PRAGMA synchronous=OFF").fetchall()
        self._written = 0
        self._known: dict[int, tuple] = {}
        super().__init__(rng, people)
        self.write()

    def live(self, now_ms: int) -> None:
        """Something happens to somebody, and is there to be read."""
        self.step(now_ms)
        self.write()

    def write(self) -> None:
        """Put into state.db what is not there yet."""
        with self.state.db:
            for profile in self._known.keys() - self.identifiers.keys():
                self.state.gone(profile)
            for profile, held in self.identifiers.items():
                if self._known.get(profile) != held:
                    self.state.person(profile, *((one.type, one.value) for one in held))
            for row in self.rows[self._written :]:
                self.state.row(row.profile, row.kind, row.definition, row.value, row.at_ms)
        self._known = dict(self.identifiers)
        self._written = len(self.rows)
