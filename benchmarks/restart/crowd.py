"""Events of many different people, two or three of each, as lines in order of arrival."""

from __future__ import annotations

import random
from collections.abc import Iterator

from benchmarks.latency.past import iso

DAY_MS = 86_400_000
STRIDE = 2_654_435_761  # a prime: rounds after the first meet people in another order

_TRACKS = (
    ("Product Viewed", '{"product_id":"sku_%05d","price":%d.5,"category":"cat_7","quantity":1}'),
    ("Product Added", '{"product_id":"sku_%05d","price":%d.5,"category":"cat_3","quantity":2}'),
    ("Order Completed", '{"order_id":"o_%05d","revenue":%d.25,"currency":"USD"}'),
    ("Email Opened", '{"campaign_id":"cmp_%05d","subject":"Offer %d","list":"newsletter"}'),
    ("Feature Used", '{"product_id":"sku_%05d","price":%d.5}'),
)


def crowd_lines(people: int, until_ms: int, seed: int) -> Iterator[bytes]:
    """Everybody once in each of two days, and every second one on a third, which ends at
    `until_ms`. Everybody comes with a device and a user id."""
    draw = random.Random(seed)
    for day in range(3):
        size = people if day < 2 else people // 2
        began_ms = until_ms - (3 - day) * DAY_MS
        for place in range(size):
            who = place if day == 0 else place * STRIDE % people
            at_ms = began_ms + (place + 1) * DAY_MS // (size + 1)
            yield _line(draw, f"{day}-{who:08}", who, at_ms)


def live_lines(people: int, events: int, at_ms: int, seed: int) -> Iterator[bytes]:
    """Later events, of as many different people as there are events (or as people)."""
    draw = random.Random(seed + 1)
    for place in range(events):
        yield _line(draw, f"live-{place:08}", place * STRIDE % people, at_ms)


def _line(draw: random.Random, message_id: str, who: int, at_ms: int) -> bytes:
    at, number = iso(at_ms), draw.getrandbits(16)
    name, properties = _TRACKS[draw.getrandbits(16) % len(_TRACKS)]
    body = f'"event":"{name}","properties":' + properties % (number % 5_000, number % 300)
    return (
        f'{{"type":"track","messageId":"{message_id}","userId":"user_{who:08}",'
        f'"anonymousId":"device-{who:08x}-4a07-8000",{body},'
        f'"timestamp":"{at}","receivedAt":"{at}"}}\n'
    ).encode()
