"""The HTTP door: what is answered, and what is stored before the answer."""

from __future__ import annotations

import json

import pytest

EVENT = {"type": "track", "messageId": "m", "userId": "ana", "event": "X"}


@pytest.mark.parametrize("path", ["track", "identify", "page", "screen", "group", "alias"])
async def test_single_calls_and_browser_letters(collector, path):
    body = {"userId": "u", "event": "E", "groupId": "g", "previousId": "p"}
    for number, end in enumerate((path, path[0], f"{path}/")):
        answer = await collector.client.post(f"/v1/{end}", body | {"messageId": str(number)})
        assert (answer.status, answer.json) == (200, {"success": True})
    assert [event.type for event in collector.log.events] == [path] * 3
    assert {event.source for event in collector.log.events} == {"web"}


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/import", "/v1/b"])
async def test_batches(collector, path):
    answer = await collector.client.post(path, {"batch": [EVENT, EVENT]})
    assert answer.body == b'{"success":true}'
    assert len(collector.log.events) == 2
    assert collector.metric("ebbline_collect_events_total") == 2
    assert collector.metric("ebbline_collect_requests_total", endpoint=path, status="200") == 1


async def test_library_metrics_are_accepted_and_ignored(collector):
    answer = await collector.client.post("/v1/m", {"series": []}, key=None)
    assert (answer.status, collector.log.groups) == (200, [])


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "", "image/png"])
async def test_any_content_type(collector, content_type):
    answer = await collector.client.post("/v1/t", EVENT, content_type=content_type)
    assert answer.status == 200


async def test_a_partly_bad_batch_keeps_the_good_and_quarantines_the_bad(collector):
    bad = {"type": "track", "event": "X"}
    answer = await collector.client.post("/v1/batch", {"batch": [EVENT, bad]})
    assert answer.status == 200
    assert answer.json == {
        "success": True,
        "accepted": 1,
        "rejected": 1,
        "errors": [
            {
                "code": "no_user_anon_id",
                "message": "one of userId and anonymousId is needed",
                "where": "batch[1].userId",
            }
        ],
    }
    (refused,) = collector.log.rejections
    assert (refused.source, json.loads(refused.body)) == ("web", bad)
    assert collector.metric("ebbline_collect_rejected_total", code="no_user_anon_id") == 1


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/v1/track", b"{", "not_json"),
        ("/v1/track", b"", "not_json"),
        ("/v1/track", b"\xff\xfe", "not_json"),
        ("/v1/track", {"userId": "u"}, "no_event"),
        ("/v1/track", {"event": "E"}, "no_user_anon_id"),
        ("/v1/track", {"userId": ["u"], "event": "E"}, "bad_type"),
        ("/v1/track", b"[" * 100_000, "too_large"),
        ("/v1/batch", b'{"batch":' + b"[" * 100_000, "too_deep"),
        ("/v1/batch", {"batch": {}}, "no_batch"),
        ("/v1/batch", {"batch": [1]}, "not_object"),
        ("/v1/batch", {"batch": [{}] * 2_501}, "too_many_events"),
        ("/v1/track", EVENT | {"properties": {"a": "x" * 33_000}}, "too_large"),
    ],
)
async def test_bad_bodies_are_refused_and_quarantined(collector, path, body, code):
    answer = await collector.client.post(path, body)
    assert answer.status == (413 if code == "too_large" else 400)
    assert answer.json["success"] is False
    assert answer.json["code"] == code
    assert answer.json["message"]
    (refused,) = collector.log.rejections
    assert (refused.code, refused.source) == (code, "web")
    assert not collector.log.events


async def test_an_empty_batch_is_fine(collector):
    assert (await collector.client.post("/v1/batch", {"batch": []})).status == 200


async def test_unknown_paths_and_methods(collector):
    assert (await collector.client.send("POST", "/v1/nothing")).status == 404
    assert (await collector.client.send("GET", "/elsewhere")).status == 404
    assert (await collector.client.send("GET", "/v1/track")).status == 405
    assert collector.metric("ebbline_collect_requests_total", endpoint="other", status="404") == 2


@pytest.mark.parametrize("origin", [None, "https://shop.example"])
async def test_preflight_and_cors(collector, origin):
    headers = {"origin": origin} if origin else {}
    answer = await collector.client.send("OPTIONS", "/v1/t", headers=headers)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == (origin or "*")
    allowed = answer.headers["access-control-allow-headers"]
    assert allowed == "Authorization, Content-Type, X-Retry-Count"
    assert answer.headers["access-control-max-age"] == "86400"
    for body in (EVENT, b"{"):
        answer = await collector.client.post("/v1/t", body, **headers)
        assert answer.headers["access-control-allow-origin"] == (origin or "*")
        exposed = answer.headers["access-control-expose-headers"]
        assert exposed == "Retry-After, X-RateLimit-Reset"
        assert ("access-control-allow-credentials" in answer.headers) == bool(origin)


async def test_probes_and_metrics(collector):
    assert (await collector.client.send("GET", "/livez")).status == 200
    assert (await collector.client.send("GET", "/readyz")).body == b"ready\n"
    answer = await collector.client.send("GET", "/metrics")
    assert b"ebbline_collect_queue_events 0.0" in answer.body


async def test_a_full_disk_loses_nothing_and_says_so(collector):
    collector.log.fill_disk()
    for body in (EVENT, b"{"):
        answer = await collector.client.post("/v1/track", body)
        assert (answer.status, answer.json["code"]) == (503, "disk_full")
        assert answer.headers["retry-after"] == "30"
    ready = await collector.client.send("GET", "/readyz")
    assert (ready.status, b"full" in ready.body) == (503, True)
    collector.log.error = None
    assert (await collector.client.post("/v1/track", EVENT)).status == 200
    assert (await collector.client.send("GET", "/readyz")).status == 200
    assert len(collector.log.events) == 1


async def test_a_bug_is_a_5xx_so_that_senders_keep_their_events(collector, monkeypatch):
    def broken(*_args):
        message = "bug"
        raise AssertionError(message)

    monkeypatch.setattr(collector.app._intake.parser, "parse_request", broken, raising=False)
    answer = await collector.client.post("/v1/track", EVENT)
    assert (answer.status, answer.json["code"]) == (500, "internal")


async def test_lifespan(collector):
    asked = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    told = []

    async def receive():
        return asked.pop(0)

    async def send(message):
        told.append(message["type"])

    await collector.app({"type": "lifespan"}, receive, send)
    assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
