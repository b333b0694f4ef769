"""Events that name nobody are refused where their sender can hear of it."""

from __future__ import annotations

import json

import pytest

from ebbline.definitions.plan import IdentifierRule
from ebbline.profiles.identifiers import IdentityRules

RULES = IdentityRules([IdentifierRule("user_id"), IdentifierRule("anonymous_id")])
GOOD = {"type": "track", "event": "X", "userId": "ana"}
NOBODY = {"type": "track", "event": "X", "userId": "undefined"}
BAD = {"type": "track", "event": "X"}


@pytest.fixture
def strict(make):
    return make(names_somebody=lambda event: bool(RULES.identifiers(event)))


async def test_alone(strict):
    answer = await strict.client.post("/v1/track", NOBODY)
    assert (answer.status, answer.json["code"]) == (400, "nobody_named")
    (refused,) = strict.log.rejections
    assert (refused.source, refused.where, json.loads(refused.body)) == ("web", "", NOBODY)
    assert strict.metric("ebbline_collect_rejected_total", code="nobody_named") == 1
    assert (await strict.client.post("/v1/track", GOOD)).status == 200
    assert (await strict.client.post("/v1/track", NOBODY | {"anonymousId": "a"})).status == 200


async def test_in_a_batch(strict):
    body = {"batch": [BAD, GOOD, NOBODY, GOOD, BAD, NOBODY | {"event": "Y"}]}
    answer = await strict.client.post("/v1/batch", body)
    assert (answer.status, answer.json["accepted"], answer.json["rejected"]) == (200, 2, 4)
    found = {one.where: json.loads(one.body) for one in strict.log.rejections}
    assert {where: found[where] for where in ("batch[2]", "batch[5]")} == {
        "batch[2]": NOBODY,
        "batch[5]": NOBODY | {"event": "Y"},
    }
    assert [event.user_id for event in strict.log.events] == ["ana", "ana"]


async def test_a_batch_of_nothing_else(strict):
    answer = await strict.client.post("/v1/batch", {"batch": [NOBODY, NOBODY]})
    assert (answer.status, answer.json["where"]) == (400, "batch[0]")


async def test_without_rules_everybody_is_somebody(collector):
    assert (await collector.client.post("/v1/track", NOBODY)).status == 200
