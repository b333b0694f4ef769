"""One small question of each kind the workload asks, in its form, and people to ask about."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

END_MS = 1_772_323_200_000  # 2026-03-01T00:00:00Z
HOUR_MS = 3_600_000

QUESTIONS = [
    ("counted", [(("count", "Cart Viewed", 2 * HOUR_MS), ">=", 2)]),
    ("page", [(("count", "page:Pricing", 24 * HOUR_MS), ">=", 1)]),
    ("summed", [(("sum", "Order Completed", 24 * HOUR_MS), ">", 40)]),
    ("averaged", [(("avg", "Order Completed"), ">", 20)]),
    ("recent", [(("age", "Order Completed"), "<", 2 * HOUR_MS)]),
    ("silent", [(("age", "*"), ">", 24 * HOUR_MS)]),
    ("new", [(("age_first",), "<", 6 * HOUR_MS)]),
    ("newer", [(("newer", "Product Added", "Order Completed"), "==", True)]),
    ("scored", [(("score",), ">", 9)]),
    ("not_pro", [(("trait", "plan"), "!=", "pro"), (("age_first",), "<", 720 * HOUR_MS)]),
    ("country", [(("trait", "country"), "in", ("US", "GB"))]),
    ("opened", [(("open3",), ">=", 1)]),
]

# Worked out by hand from the lines below.
ANSWER = {
    "counted": ["ana"],
    "page": ["bo"],
    "summed": ["ana"],
    "averaged": ["ana"],
    "recent": ["bo"],
    "silent": ["d-cy"],
    "new": ["bo"],
    "newer": ["bo", "d-cy"],
    "scored": ["bo"],
    "not_pro": ["bo", "d-cy"],
    "country": ["ana"],
    "opened": ["ana"],
}


class SmallWorkload:
    """What a plan needs to know of a workload."""

    def __init__(self):
        self.points = {"page:Pricing": 10}
        self.half_life_ms = 7 * 24 * HOUR_MS
        self.until_ms = END_MS

    def questions(self, audiences):
        return QUESTIONS[:audiences]


def line(number, hours_before, user, device, **call):
    """One line, received the moment it happened."""
    ms = END_MS - int(hours_before * HOUR_MS)
    at = datetime.fromtimestamp(ms / 1000, UTC).isoformat()
    ids = {"messageId": f"m{number:02}", "userId": user, "anonymousId": device}
    return msgspec.json.encode(ids | call | {"timestamp": at, "receivedAt": at})


def track(event, **properties):
    return {"type": "track", "event": event, "properties": properties}


def lines():
    """Ana is known from the start, Bo logs in on a second device, Cy stays a device."""
    traits = {"plan": "pro", "country": "US"}
    told = [
        (80, None, "d-cy", track("Product Added")),
        (30, "ana", "d-ana", {"type": "identify", "traits": traits}),
        (28, "ana", "d-ana", track("Email Delivered", campaign_id="c1")),
        (27, "ana", "d-ana", track("Email Opened", campaign_id="c1")),
        (20, "ana", "d-ana", track("Order Completed", revenue=41.5)),
        (5, None, "d-bo", {"type": "page", "name": "Pricing", "properties": {}}),
        (4, "bo", "d-bo", {"type": "identify", "traits": {"plan": "free"}}),
        (1.5, "bo", "d-bo", track("Order Completed", revenue=12.5)),
        (1.5, "ana", "d-ana", track("Cart Viewed")),
        (1, "bo", "d-bo", track("Product Added")),
        (0.5, "ana", "d-ana", track("Cart Viewed")),
        (-1, "ana", "d-ana", track("Order Completed", revenue=0.5)),
    ]
    return [line(number, hours, user, device, **call)
            for number, (hours, user, device, call) in enumerate(told)]  # fmt: skip
