"""The simulated shop: the same from the same seed, valid by the Segment spec, and lively."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import pairwise

import pytest

from ebbline.console.shop import Shop
from ebbline.console.shop.limits import HOUR_MS, MINUTE_MS, PEOPLE_MAX, SECOND_MS

OPENS_MS = 1_800_000_000_000
REQUIRED = {"track": "event", "identify": "traits", "page": "name", "screen": "name"}


def at(call):
    return round(datetime.fromisoformat(call["timestamp"]).timestamp() * 1000)


@pytest.fixture(scope="module")
def shop():
    return Shop(seed=7, people=80, opens_ms=OPENS_MS)


@pytest.fixture(scope="module")
def calls(shop):
    return [*shop.history(), *shop.calls(OPENS_MS, OPENS_MS + 2 * HOUR_MS)]


def test_same_seed_same_calls(shop, calls):
    again = Shop(seed=7, people=80, opens_ms=OPENS_MS)
    assert [*again.history(), *again.calls(OPENS_MS, OPENS_MS + 2 * HOUR_MS)] == calls
    other = Shop(seed=8, people=80, opens_ms=OPENS_MS)
    assert list(other.calls(OPENS_MS, OPENS_MS + HOUR_MS)) != list(
        shop.calls(OPENS_MS, OPENS_MS + HOUR_MS)
    )


@pytest.mark.parametrize("step_ms", [333, 7 * SECOND_MS, 11 * MINUTE_MS])
def test_however_the_time_is_cut(shop, step_ms):
    ends_ms = OPENS_MS + 20 * MINUTE_MS
    whole = list(shop.calls(OPENS_MS, ends_ms))
    parts = []
    for from_ms in range(OPENS_MS, ends_ms, step_ms):
        parts += shop.calls(from_ms, min(from_ms + step_ms, ends_ms))
    assert parts == whole


def test_in_order_of_time_and_inside_the_asked_span(shop, calls):
    assert all(at(one) <= at(two) for one, two in pairwise(calls))
    span = (OPENS_MS + 90 * SECOND_MS, OPENS_MS + 300 * SECOND_MS)
    assert all(span[0] <= at(call) < span[1] for call in shop.calls(*span))


def test_message_ids_are_unique(calls):
    assert len({call["messageId"] for call in calls}) == len(calls)
    assert all(len(call["messageId"]) <= 100 for call in calls)


def test_valid_by_the_spec(calls):
    for call in calls:
        assert call.get("userId") or call.get("anonymousId"), call
        field = REQUIRED.get(call["type"], "groupId")
        assert field in call, call
        assert len(json.dumps(call)) < 32 * 1024
    assert {call["type"] for call in calls} == {"track", "identify", "page", "screen", "group"}


def test_a_call_may_be_changed_by_the_reader(shop):
    span = (OPENS_MS, OPENS_MS + 5 * MINUTE_MS)
    for call in shop.calls(*span):
        call["sentAt"] = "changed"
    assert not any("sentAt" in call for call in shop.calls(*span))


def test_anonymous_people_log_in_on_several_devices(calls):
    known = {}
    for call in calls:
        if "userId" in call and "anonymousId" in call:
            known.setdefault(call["userId"], set()).add(call["anonymousId"])
    assert any(len(devices) > 1 for devices in known.values())
    logged_in = {device for devices in known.values() for device in devices}
    before = {call["anonymousId"] for call in calls if "userId" not in call}
    assert logged_in & before


def test_each_rule_has_its_events(calls):
    events = {call.get("event") for call in calls}
    assert events >= {
        "Product Viewed", "Product Added", "Order Completed", "Demo Watched", "Email Delivered",
        "Email Opened", "Checkout Started",
    }  # fmt: skip
    pricing = [call for call in calls if call.get("properties", {}).get("path") == "/pricing"]
    assert len(pricing) > 20


def test_the_cast_is_at_work_in_the_first_ten_seconds(shop):
    names = {call.get("userId") for call in shop.calls(OPENS_MS, OPENS_MS + 10 * SECOND_MS)}
    assert names >= {"ben", "chiara", "farid", "jonas", "katja", "luca"}


def test_the_number_of_people_has_bounds():
    assert Shop(seed=1, people=0).people == 1
    assert Shop(seed=1, people=10**9).people == PEOPLE_MAX
