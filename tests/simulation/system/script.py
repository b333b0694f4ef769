"""A day of a simulated shop as a script: what reaches the collector, and when, from one seed.

The network of the simulation is as bad as real ones: batches are cut at random, some arrive
late, and some calls come a second time.
"""

from __future__ import annotations

import random
from typing import Any

import msgspec

from ebbline.console.shop import Shop
from ebbline.testing import START_MS

DAY_MS = 86_400_000
MINUTE_MS = 60_000
PEOPLE = 30
SLOT_MS = 10 * MINUTE_MS
RECENT = 200
REPEATED_SHARE = 0.01
LATE_SHARE = 0.1


class Delivery(msgspec.Struct, frozen=True, order=True):
    """One request and the instant at which it arrives."""

    at_ms: int
    number: int
    calls: list[dict[str, Any]] = []


def shop_day(seed: int) -> list[Delivery]:
    """Everything the shop sends: its past in one go, then a day in slots of ten minutes."""
    rng = random.Random(f"network {seed}")
    shop = Shop(seed, PEOPLE, START_MS)
    requests = _batches(rng, list(shop.history()), START_MS)
    for begins_ms in range(START_MS, START_MS + DAY_MS, SLOT_MS):
        ends_ms = begins_ms + SLOT_MS
        requests += _batches(rng, list(shop.calls(begins_ms, ends_ms)), ends_ms)
    sent: list[dict[str, Any]] = []
    script: list[Delivery] = []
    for at_ms, batch in sorted(requests, key=lambda request: request[0]):
        again = [call for call in sent[-RECENT:] if rng.random() < REPEATED_SHARE]
        calls = rng.sample([*batch, *again], len(batch) + len(again))
        sent += batch
        script.append(Delivery(at_ms, len(script), calls))
    return script


def _batches(
    rng: random.Random, calls: list[dict[str, Any]], ready_ms: int
) -> list[tuple[int, list[dict[str, Any]]]]:
    """Calls cut into requests; most arrive at once, some after up to two hours."""
    found = []
    while calls:
        size = rng.randint(1, 200)
        batch, calls = calls[:size], calls[size:]
        late_ms = rng.randrange(120 * MINUTE_MS) if rng.random() < LATE_SHARE else 0
        found.append((ready_ms + rng.randrange(1000) + late_ms, batch))
    return found
