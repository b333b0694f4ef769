"""Senders that are refused come back the later, the more of them there are."""

from __future__ import annotations

import random

from ebbline.hosts.embedded.collect import Limits
from ebbline.hosts.embedded.collect.spreading import Spreading

NOW_MS = 1_767_268_800_000


def test_a_few_come_back_soon():
    spreading = Spreading(random.Random(1))
    assert {spreading.retry_after_s(NOW_MS + n) for n in range(99)} == {2}


def test_many_are_spread_so_that_as_many_as_wanted_come_back_each_second():
    spreading = Spreading(random.Random(1))
    for n in range(2_000):
        spreading.retry_after_s(NOW_MS + n // 2)
    waits = [spreading.retry_after_s(NOW_MS + 1_000 + n // 2) for n in range(2_000)]
    assert min(waits) == 2
    assert 20 < sum(waits) / len(waits) < 24
    busiest = max(waits.count(seconds) for seconds in set(waits))
    assert busiest < 2 * 2_000 / len(set(waits))


def test_nobody_waits_for_more_than_a_minute():
    spreading = Spreading(random.Random(1))
    assert max(spreading.retry_after_s(NOW_MS) for _ in range(20_000)) == 60


def test_a_quiet_second_makes_it_a_few_again():
    spreading = Spreading(random.Random(1))
    for _ in range(5_000):
        spreading.retry_after_s(NOW_MS)
    assert spreading.retry_after_s(NOW_MS + 3_000) == 2


def test_refusals_are_held_back_only_while_they_are_many():
    spreading = Spreading(random.Random(1))
    for _ in range(100):
        spreading.retry_after_s(NOW_MS)
    assert spreading.hold_seconds() == 0
    for _ in range(900):
        spreading.retry_after_s(NOW_MS)
    assert spreading.hold_seconds() == 1
    for _ in range(9_000):
        spreading.retry_after_s(NOW_MS)
    assert spreading.hold_seconds() == 2
    spreading.retry_after_s(NOW_MS + 5_000)
    assert spreading.hold_seconds() == 0


async def test_what_could_not_be_stored_is_not_even_read(make):
    collector = make(limits=Limits(queue_events_max=0))
    answer = await collector.client.post("/v1/track", b"{")
    assert (answer.status, answer.headers["retry-after"]) == (429, "2")
    assert collector.log.groups == []
