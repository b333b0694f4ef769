"""The shop: every call of the crowd and the cast between two instants, in order of time.

Pure: the same seed, number of people and opening give the same calls, however the time is cut.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator

from ebbline.console.shop import limits
from ebbline.console.shop.cast import cast_calls
from ebbline.console.shop.people import Person, person
from ebbline.console.shop.script import Call, Script
from ebbline.console.shop.visits import campaign, visit

Timed = tuple[int, str, Call]

VISITS_PER_PERSON_AND_DAY = 4.0
MAILS_PER_PERSON_AND_DAY = 0.7
SECOND_DEVICE_SHARE = 0.35
# Some come often and some seldom: the power that draws low numbers more often.
FAVOUR = 1.6


class Shop:
    """A shop that has been open for weeks when `opens_ms` comes.

    >>> shop = Shop(seed=7, people=50, opens_ms=1_700_000_000_000)
    >>> calls = list(shop.calls(1_700_000_000_000, 1_700_000_010_000))
    >>> sorted({call["type"] for call in calls})
    ['identify', 'page', 'track']
    """

    def __init__(self, seed: int, people: int = 500, opens_ms: int = 0) -> None:
        self.seed = seed
        self.people = max(1, min(people, limits.PEOPLE_MAX))
        self.opens_ms = opens_ms
        self._cast = cast_calls(seed, opens_ms)
        self._slots: dict[int, list[Timed]] = {}

    def history(self) -> Iterator[Call]:
        """What happened before the opening, as far back as the audiences look."""
        return self.calls(self.opens_ms - limits.CAST_PAST_MS, self.opens_ms)

    def calls(self, from_ms: int, to_ms: int) -> Iterator[Call]:
        """The calls of `from_ms <= t < to_ms`, ready to be one batch's items."""
        waiting: list[Timed] = [
            (at_ms, call["messageId"], call)
            for at_ms, call in self._cast
            if from_ms <= at_ms < to_ms
        ]
        crowd_ms = self.opens_ms - limits.CROWD_PAST_MS
        first = max(from_ms - limits.SCRIPT_MS_MAX, crowd_ms) // limits.MINUTE_MS
        for slot in range(first, -(-to_ms // limits.MINUTE_MS)):
            for timed in self._slot(slot):
                if from_ms <= timed[0] < to_ms:
                    heapq.heappush(waiting, timed)
            # Nothing of a later slot is earlier than its beginning.
            yield from _due(waiting, min((slot + 1) * limits.MINUTE_MS, to_ms))
        yield from _due(waiting, to_ms)

    def person(self, number: int) -> Person:
        """One of the crowd."""
        return person(self.seed, number)

    def _slot(self, slot: int) -> list[Timed]:
        """All the calls of what begins in one minute."""
        if slot not in self._slots:
            if len(self._slots) >= limits.SLOTS_KEPT_MAX:
                self._slots.pop(next(iter(self._slots)))
            self._slots[slot] = self._draw(slot)
        return self._slots[slot]

    def _draw(self, slot: int) -> list[Timed]:
        rng = random.Random(f"{self.seed}:{self.people}:{slot}")
        key = f"shop{self.seed}-{slot}"
        timed: list[Timed] = []
        for number in range(_how_many(rng, self.people * VISITS_PER_PERSON_AND_DAY)):
            timed += _timed(self._visit(rng, f"{key}-v{number}", slot))
        for number in range(_how_many(rng, self.people * MAILS_PER_PERSON_AND_DAY)):
            timed += _timed(self._mail(rng, f"{key}-m{number}", slot))
        return timed

    def _visit(self, rng: random.Random, key: str, slot: int) -> Script:
        who = self._somebody(rng)
        second = len(who.devices) > 1 and rng.random() < SECOND_DEVICE_SHARE
        known = who.registered and not second
        script = Script(who, key, _moment(rng, slot), device=int(second), known=known)
        visit(script, rng, second=second)
        return script

    def _mail(self, rng: random.Random, key: str, slot: int) -> Script:
        who = self._somebody(rng)
        script = Script(who, key, _moment(rng, slot))
        if who.registered:
            hour = slot * limits.MINUTE_MS // limits.HOUR_MS
            campaign(script, rng, f"letter-{hour}")
        return script

    def _somebody(self, rng: random.Random) -> Person:
        return self.person(int(rng.random() ** FAVOUR * self.people))


def _moment(rng: random.Random, slot: int) -> int:
    return slot * limits.MINUTE_MS + rng.randrange(limits.MINUTE_MS)


def _how_many(rng: random.Random, per_day: float) -> int:
    """How often something of that daily number begins in one minute."""
    mean = per_day * limits.MINUTE_MS / limits.DAY_MS
    return int(mean) + (rng.random() < mean % 1)


def _timed(script: Script) -> list[Timed]:
    return [(at_ms, call["messageId"], call) for at_ms, call in script.calls]


def _due(waiting: list[Timed], until_ms: int) -> Iterator[Call]:
    """Takes what is earlier than `until_ms` from the heap; a copy, which the caller may change."""
    while waiting and waiting[0][0] < until_ms:
        yield dict(heapq.heappop(waiting)[2])
