"""A few people with a past whose audiences change in the first ten seconds after opening.

The crowd is drawn by chance; the cast is written, so that a demo shows each rule at work at
once: entries and exits by what people do, and those that only the clock causes.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec

from ebbline.console.shop.goods import SHELF
from ebbline.console.shop.limits import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from ebbline.console.shop.people import Person, person
from ebbline.console.shop.script import Call, Script
from ebbline.console.shop.visits import fill_cart, look, order, profile_traits


class Actor:
    """One of the cast, and every stay of theirs."""

    def __init__(self, who: Person, opens_ms: int, prefix: str) -> None:
        self.who = who
        self.scripts: list[Script] = []
        self.rng = random.Random(f"{prefix}:{who.user_id}")
        self._opens_ms = opens_ms
        self._prefix = prefix

    def at(self, offset_ms: int) -> Script:
        """A new stay, beginning at that instant, in milliseconds from the opening."""
        key = f"{self._prefix}-{self.who.user_id}-{len(self.scripts)}"
        script = Script(self.who, key, self._opens_ms + offset_ms)
        self.scripts.append(script)
        return script

    def views(self, offset_ms: int) -> None:
        """Looks at one product at exactly that instant."""
        self.at(offset_ms).track(
            "Product Viewed", product_id="p01", price=289.0, category="camping"
        )

    def prices(self, *offsets_ms: int) -> None:
        """Sees the pricing page at exactly those instants."""
        for offset_ms in offsets_ms:
            self.at(offset_ms).page("Pricing", "/pricing")

    def demos(self, offset_ms: int, count: int) -> None:
        """Watches demo videos, one a minute."""
        for number in range(count):
            self.at(offset_ms + number * MINUTE_MS).track("Demo Watched", video_id="demo-p13")

    def orders(self, offset_ms: int, total: float) -> None:
        """Has an order completed at exactly that instant."""
        order(self.at(offset_ms - MINUTE_MS // 3), total, [SHELF[1]])

    def mails(self, offset_ms: int, campaign_id: str) -> None:
        """Is sent a marketing e-mail."""
        about = {"campaign_id": campaign_id, "category": "marketing"}
        self.at(offset_ms).mail("Email Delivered", **about)

    def opens(self, offset_ms: int, campaign_id: str) -> None:
        """Opens it."""
        self.at(offset_ms).mail("Email Opened", campaign_id=campaign_id, category="marketing")


def last_view_leaves(actor: Actor) -> None:
    """Interested until the last look at a product is 24 hours old, four seconds from now."""
    actor.demos(-25 * HOUR_MS, 4)
    actor.views(-24 * HOUR_MS + 4 * SECOND_MS)


def becomes_interested(actor: Actor) -> None:
    """Three demos, then a product; buys after an hour and is a customer, no prospect."""
    actor.demos(-30 * MINUTE_MS, 4)
    actor.views(2 * SECOND_MS)
    actor.orders(70 * MINUTE_MS, 149.0)


def prices_a_third_time(actor: Actor) -> None:
    """The third look at the prices within the hour."""
    actor.prices(-50 * MINUTE_MS, -20 * MINUTE_MS, 3 * SECOND_MS)


def prices_leave_the_hour(actor: Actor) -> None:
    """Three looks at the prices, the first of which is an hour old in six seconds."""
    actor.prices(-HOUR_MS + 6 * SECOND_MS, -30 * MINUTE_MS, -10 * MINUTE_MS)


def cart_grows_cold(actor: Actor) -> None:
    """A cart that is an hour old in five seconds; comes back later and buys."""
    script = actor.at(-HOUR_MS + 5 * SECOND_MS)
    script.track("Product Added", cart_id="c-cold", product_id="p11", price=199.0, quantity=1)
    back = actor.at(40 * MINUTE_MS)
    total = sum(item.price for item in fill_cart(back, actor.rng))
    order(back, round(total, 2), [SHELF[11]])


def spends_much(actor: Actor) -> None:
    """The order that lifts the average above two hundred."""
    actor.orders(-12 * DAY_MS, 160.0)
    actor.orders(7 * SECOND_MS, 480.0)


def spent_much_long_ago(actor: Actor) -> None:
    """Spent much, and the last order is 30 days old in eight seconds."""
    actor.orders(-40 * DAY_MS, 340.0)
    actor.orders(-30 * DAY_MS + 8 * SECOND_MS, 620.0)
    actor.views(-2 * DAY_MS)


def quiet_for_two_weeks(actor: Actor) -> None:
    """Not seen for 14 days in nine seconds; comes back a little later."""
    actor.orders(-20 * DAY_MS, 59.0)
    actor.views(-14 * DAY_MS + 9 * SECOND_MS)
    look(actor.at(25 * MINUTE_MS), actor.rng, 3)


def quiet_but_valued(actor: Actor) -> None:
    """Quiet for 14 days as well, but spent much: the higher of the two audiences holds."""
    actor.orders(-22 * DAY_MS, 510.0)
    actor.views(-14 * DAY_MS + 9_500)


def shops_around(actor: Actor) -> None:
    """Looked at two things this week, and at more of them now."""
    actor.views(-3 * DAY_MS)
    actor.views(-DAY_MS)
    look(actor.at(1_500), actor.rng, 4)


def shopped_around(actor: Actor) -> None:
    """Looked at three things within a week, until the first of them is seven days old."""
    actor.views(-7 * DAY_MS + 3_500)
    actor.views(-5 * DAY_MS)
    actor.views(-2 * DAY_MS)


def opens_each_mail(actor: Actor) -> None:
    """Four orders, and the third of the last three e-mails opened; the next stays closed."""
    for number in range(4):
        actor.orders(-(28 - 6 * number) * DAY_MS, 75.0)
    for number, opened_ms in ((1, -6 * DAY_MS), (2, -3 * DAY_MS), (3, 5_500)):
        actor.mails(opened_ms - 2 * HOUR_MS, f"letter-{number}")
        actor.opens(opened_ms, f"letter-{number}")
    actor.mails(30 * MINUTE_MS, "letter-4")


def tenth_order(actor: Actor) -> None:
    """Nine orders, and the tenth."""
    for number in range(9):
        actor.orders(-(45 - 4 * number) * DAY_MS, 42.0)
    actor.orders(8_500, 42.0)


def tenth_order_last_week(actor: Actor) -> None:
    """Ten orders, the tenth of which is seven days old in seven seconds and a bit."""
    for number in range(10):
        actor.orders(-7 * DAY_MS + 7_200 - number * 3 * DAY_MS, 31.0)


SCENES: tuple[tuple[str, Callable[[Actor], None]], ...] = (
    ("ana", last_view_leaves),
    ("ben", becomes_interested),
    ("chiara", prices_a_third_time),
    ("david", prices_leave_the_hour),
    ("elif", cart_grows_cold),
    ("farid", spends_much),
    ("greta", spent_much_long_ago),
    ("hugo", quiet_for_two_weeks),
    ("ines", quiet_but_valued),
    ("jonas", shops_around),
    ("katja", opens_each_mail),
    ("luca", tenth_order),
    ("mira", shopped_around),
    ("nina", tenth_order_last_week),
)


def cast_calls(seed: int, opens_ms: int) -> list[tuple[int, Call]]:
    """Every call of the whole cast, in order of time."""
    calls: list[tuple[int, Call]] = []
    for number, (name, scene) in enumerate(SCENES):
        # Numbers below zero are nobody's in the crowd.
        drawn = person(seed, -1 - number)
        who = msgspec.structs.replace(
            drawn,
            user_id=name,
            name=name.title(),
            email=f"{name}@example.com",
            devices=(f"d{seed}-{name}",),
            registered=True,
        )
        actor = Actor(who, opens_ms, f"shop{seed}-cast")
        scene(actor)
        begins_ms = min(at_ms for script in actor.scripts for at_ms, _ in script.calls)
        actor.at(begins_ms - opens_ms - 1).login(**profile_traits(who))
        for script in actor.scripts:
            calls += script.calls
    return sorted(calls, key=lambda timed: (timed[0], timed[1]["messageId"]))
