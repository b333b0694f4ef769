"""The killing itself: whom, when, and how long until everything works again."""

from __future__ import annotations

import http.client
import random
import time
from typing import Any

from tests.e2e.whole.door import Answer, Door
from tests.e2e.whole.system import ROLES, WholeSystem, until

SUPERVISOR_EVERY = 10  # of the kills, one hits the supervisor, and the system is started anew
PAUSE_SECONDS_MAX = 1.0
READY_SECONDS_MAX = 5.0


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
        self._probe(f"probe-{number}")
        self.seconds.append(time.monotonic() - began)
        self.victims.append(victim)
        return self.seconds[-1]

    def _probe(self, name: str) -> None:
        """A fresh person: accepted, folded into the state, told to Braze."""
        call = {"type": "track", "messageId": name, "userId": name, "event": "Product Viewed",
                "properties": {}}  # fmt: skip
        until(lambda: self._post(call), f"{name} is accepted", READY_SECONDS_MAX * 2)
        self.probes[name] = call
        sql = "SELECT 1 FROM identifiers WHERE type = 'user_id' AND value = ?"
        until(lambda: self._system.query("state.db", sql, name), f"{name} is folded")
        path = f"/sandbox/users?external_id={name}"
        until(lambda: self._braze.ask("GET", path).json()["count"], f"{name} is delivered")

    def _post(self, call: dict[str, Any]) -> Answer | None:
        try:
            answer = self._system.door.post("/v1/track", call)
        except (OSError, http.client.HTTPException):
            return None
        return answer if answer.status == 200 else None
