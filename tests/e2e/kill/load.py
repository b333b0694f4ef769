"""Clients that keep sending whatever happens, and know exactly what was acknowledged."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from tests.e2e.whole.door import Door

BATCH_CALLS_MAX = 30
DEVICES = 3  # of each person
AGAIN_SHARE = 0.03  # of the batches that are sent a second time though they were acknowledged
LATE_SHARE = 0.2  # of the calls that say they happened a little earlier
LATE_MS_MAX = 3_000
PAUSE_SECONDS_MAX = 0.15
RETRY_SECONDS = 0.05

Call = dict[str, Any]


class Sender(threading.Thread):
    """One client with people of its own; sends a batch until it is acknowledged, then the next."""

    def __init__(self, port: int, name: str, people: int, seed: int) -> None:
        super().__init__(name=name, daemon=True)
        self.acknowledged: dict[str, Call] = {}
        self.answers: Counter[str] = Counter()
        self._people = [f"{name}-{number}" for number in range(people)]
        self._door = Door(port, keep=True)
        self._rng = random.Random(f"{seed} {name}")
        self._ends = threading.Event()
        self._number = 0
        self._devices: dict[str, str] = {}

    def end(self) -> None:
        """Log everybody in on all their devices, and return when all is acknowledged."""
        self._ends.set()
        self.join(timeout=60)
        assert not self.is_alive()

    def run(self) -> None:
        """Send until the end."""
        while not self._ends.is_set():
            batch = [self._call() for _ in range(self._rng.randint(1, BATCH_CALLS_MAX))]
            for _ in range(1 + (self._rng.random() < AGAIN_SHARE)):
                self._send(batch)
            time.sleep(self._rng.uniform(0, PAUSE_SECONDS_MAX))
        self._send([self._login(device) for device in self._devices])
        self._door.close()

    def _send(self, batch: list[Call]) -> None:
        """Send until the answer is 200; only then does it count."""
        while batch and not self._is_taken(batch):
            time.sleep(RETRY_SECONDS)
        self.acknowledged.update({call["messageId"]: call for call in batch})

    def _is_taken(self, batch: list[Call]) -> bool:
        try:
            answer = self._door.post("/v1/batch", {"batch": batch})
        except (OSError, http.client.HTTPException) as error:
            self.answers[type(error).__name__] += 1
            return False
        self.answers[str(answer.status)] += 1
        assert answer.status != 200 or json.loads(answer.body) == {"success": True}, answer.body
        return answer.status == 200

    def _call(self) -> Call:
        rng = self._rng
        person = rng.choice(self._people)
        dice = rng.random()
        if dice < 0.08:
            return self._login(self._device(person))
        who = {"userId": person} if dice < 0.8 else {"anonymousId": self._device(person)}
        kind = rng.random()
        if kind < 0.65:
            return self._track(who, "Product Viewed", {"product_id": f"p{rng.randint(1, 50)}"})
        if kind < 0.8:
            return self._track(who, "Product Added", {"product_id": f"p{rng.randint(1, 50)}"})
        if kind < 0.95:
            revenue = rng.randint(1, 9_999) / 100
            return self._track(who, "Order Completed", {"order_id": "o", "revenue": revenue})
        traits = {"plan": rng.choice(["free", "pro"])}
        return {**self._new("identify"), **who, "traits": traits}

    def _device(self, person: str) -> str:
        device = f"{person}-device-{self._rng.randint(1, DEVICES)}"
        self._devices[device] = person
        return device

    def _login(self, device: str) -> Call:
        person = self._devices[device]
        return {**self._new("identify"), "userId": person, "anonymousId": device, "traits": {}}

    def _track(self, who: Call, name: str, properties: dict[str, Any]) -> Call:
        return {**self._new("track"), **who, "event": name, "properties": properties}

    def _new(self, kind: str) -> Call:
        self._number += 1
        call: Call = {"type": kind, "messageId": f"{self.name}-m{self._number}"}
        if self._rng.random() < LATE_SHARE:
            at = time.time() - self._rng.randint(1, LATE_MS_MAX) / 1000
            call["timestamp"] = datetime.fromtimestamp(at, UTC).isoformat()
        return call


def owner(call: Call) -> str:
    """The person behind a call, once everybody has logged in."""
    return call.get("userId") or call["anonymousId"].rpartition("-device-")[0]
