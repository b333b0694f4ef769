"""Without a known key: refused and counted, kept a few times a second."""

from __future__ import annotations

from ebbline.hosts.embedded.collect.keys import Strangers
from ebbline.hosts.embedded.collect.limits import STRANGERS_PER_SECOND_MAX

EVENT = {"type": "track", "messageId": "m", "userId": "ana", "event": "X"}


def test_some_of_every_second():
    strangers = Strangers()
    for second in (7, 8, 3):
        kept = [strangers.keep(second * 1_000 + part) for part in range(100)]
        assert kept == [True] * STRANGERS_PER_SECOND_MAX + [False] * (100 - sum(kept))


async def test_the_rest_is_refused_without_a_write(collector):
    bodies = [EVENT, b"{", b"\x00"] * STRANGERS_PER_SECOND_MAX
    for body in bodies:
        answer = await collector.client.post("/v1/track", body, key=None)
        assert answer.status in (400, 401)
    assert len(collector.log.rejections) == STRANGERS_PER_SECOND_MAX
    counted = [
        collector.metric(f"ebbline_collect_{what}_total", code="unknown_write_key") or 0
        for what in ("rejected", "unkept")
    ]
    assert sum(counted) == STRANGERS_PER_SECOND_MAX
    assert counted[1] > 0
    assert (await collector.client.post("/v1/track", b"{")).status == 400
    assert len(collector.log.rejections) == STRANGERS_PER_SECOND_MAX + 1


async def test_a_whole_batch_with_a_wrong_key_is_kept_whole(collector):
    batch = {"batch": [EVENT | {"properties": {"a": "x" * 20_000}}] * 23}
    answer = await collector.client.post("/v1/batch", batch, key="wrong")
    assert answer.status == 401
    (refused,) = collector.log.rejections
    assert len(refused.body) > 460_000
