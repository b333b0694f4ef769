"""The killing itself: whom, when, and how long until everything works again."""

from __future__ import annotations

import http.client
import random
import time
from typing import Any

from tests.e2e.whole.door import Answer, Door
from tests.e2e.whole.system import ROLES, START_SECONDS_MAX, WholeSystem, until

SUPERVISOR_EVERY = 10  # of the kills, one hits the supervisor, and the system is started anew
PAUSE_SECONDS_MAX = 1.0
READY_SECONDS_MAX = 5.0
PROBE_SECONDS = 0.5


class Storm:
    """Kills processes of a system in turn, at moments drawn from a seed."""

    def __init__(self, system: WholeSystem, braze: Door, seed: int) -> None:
        self.seconds: list[float] = []  # from each kill until a fresh event had gone all the way
        self.victims: list[str] = []
        self.probes: dict[str, dict[str, Any]] = {}
        self._system = system
        self._braze = braze
        self._rng = random.Random(seed)

    def kill(self, number: int) -> float:
        """One kill at a random moment; the seconds until all is ready again."""
        by_turn = ROLES[number % len(ROLES)]
        victim = "supervisor" if number % SUPERVISOR_EVERY == SUPERVISOR_EVERY - 1 else by_turn
        time.sleep(self._rng.uniform(0, PAUSE_SECONDS_MAX))
        began = time.monotonic()
        self._system.kill(victim)
        if victim == "supervisor":
            self._system.start()
        self._probe(number)
        self.seconds.append(time.monotonic() - began)
        self.victims.append(victim)
        return self.seconds[-1]

    def slowest(self) -> dict[str, float]:
        """The longest time to be ready again, by who was killed."""
        found: dict[str, float] = {}
        for victim, seconds in zip(self.victims, self.seconds, strict=True):
            found[victim] = max(found.get(victim, 0.0), round(seconds, 2))
        return found

    def _probe(self, number: int) -> None:
        """Fresh people: accepted, folded into the state, told to Braze. There are several, since
        Braze may be slow with one of them, which says nothing of the system."""
        mine: list[str] = []

        def arrived() -> bool:
            if time.monotonic() - began >= len(mine) * PROBE_SECONDS:
                mine.append(f"probe-{number}-{len(mine)}")
                self._enter(mine[-1])
            return any(self._is_told(name) for name in mine)

        began = time.monotonic()
        until(arrived, f"a fresh event goes all the way after kill {number}", START_SECONDS_MAX)

    def _enter(self, name: str) -> None:
        call = {"type": "track", "messageId": name, "userId": name, "event": "Product Viewed",
                "properties": {}}  # fmt: skip
        until(lambda: self._post(call), f"{name} is accepted", START_SECONDS_MAX)
        self.probes[name] = call
        sql = "SELECT 1 FROM identifiers WHERE type = 'user_id' AND value = ?"
        until(lambda: self._system.query("state.db", sql, name), f"{name} is folded")

    def _is_told(self, name: str) -> bool:
        asked = self._braze.ask("GET", f"/sandbox/users?external_id={name}")
        return bool(asked.json()["count"])

    def _post(self, call: dict[str, Any]) -> Answer | None:
        try:
            answer = self._system.door.post("/v1/track", call)
        except (OSError, http.client.HTTPException):
            return None
        return answer if answer.status == 200 else None
