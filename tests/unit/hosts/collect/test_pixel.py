"""The pixel: an image whatever happens, an event when there is one to take."""

from __future__ import annotations

import base64
import errno
import json
from urllib.parse import quote

import pytest

from ebbline.hosts.embedded.collect import Limits

CALL = {"writeKey": "web-key", "userId": "ana", "event": "Email Opened", "messageId": "m",
        "properties": {"subject": "Ã¼ber?>"}}  # fmt: skip


def encoded(call, *, safe=False, padded=True):
    data = json.dumps(call).encode()
    text = (base64.urlsafe_b64encode if safe else base64.b64encode)(data).decode()
    return text if padded else text.rstrip("=")


async def get(collector, query, kind="track", method="GET"):
    answer = await collector.client.send(method, f"/v1/pixel/{kind}?{query}")
    assert answer.status == 200
    assert answer.headers["content-type"] == "image/gif"
    assert answer.headers["cache-control"] == "no-store"
    assert (answer.body[:6], len(answer.body)) == (b"GIF89a", 43)
    return answer


@pytest.mark.parametrize("safe", [False, True])
@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("escaped", [False, True])
async def test_data_of_either_alphabet_is_read(collector, safe, padded, escaped):
    data = encoded(CALL, safe=safe, padded=padded)
    await get(collector, f"data={quote(data) if escaped else data}")
    (event,) = collector.log.events
    assert (event.name, event.user_id, event.source) == ("Email Opened", "ana", "web")
    assert event.properties == CALL["properties"]


async def test_flat_fields_are_read(collector):
    await get(collector, "userId=ana&event=Email%20Opened&properties.subject=Hi+you"
              "&properties.a.b=1&writeKey=web-key")  # fmt: skip
    (event,) = collector.log.events
    assert event.properties == {"subject": "Hi you", "a": {"b": "1"}}


@pytest.mark.parametrize("kind", ["identify", "group", "alias", "page", "screen", "track"])
async def test_every_kind_of_call(collector, kind):
    call = CALL | {"groupId": "g", "previousId": "p"}
    await get(collector, f"data={encoded(call)}", kind)
    assert [event.type for event in collector.log.events] == [kind]
    assert collector.metric(
        "ebbline_collect_requests_total", endpoint=f"/v1/pixel/{kind}", status="200"
    ) == 1  # fmt: skip


@pytest.mark.parametrize(
    ("query", "code", "source"),
    [
        ("", "no_data", "unknown"),
        ("data=%%%", "bad_encoding", "unknown"),
        (f"data={encoded(CALL | {'writeKey': 'other'})}", "unknown_write_key", "unknown"),
        (f"data={encoded({'writeKey': 'web-key', 'userId': 'ana'})}", "no_event", "web"),
        ("writeKey=web-key&event=X", "no_user_anon_id", "web"),
    ],
)
async def test_what_is_wrong_lies_in_the_quarantine(collector, query, code, source):
    await get(collector, query)
    assert collector.log.events == []
    assert [(one.code, one.source) for one in collector.log.rejections] == [(code, source)]


async def test_looking_without_showing_changes_nothing(collector):
    await get(collector, f"data={encoded(CALL)}", method="HEAD")
    assert collector.log.groups == []


async def test_what_cannot_be_stored_is_counted(make):
    collector = make()
    collector.log.error = OSError(errno.EIO, "no")
    await get(collector, f"data={encoded(CALL)}")
    assert collector.metric("ebbline_collect_unkept_total", code="not_stored") == 1
    collector = make(limits=Limits(requests_max=0))
    await get(collector, f"data={encoded(CALL)}")
    assert collector.metric("ebbline_collect_unkept_total", code="overloaded") == 1


async def test_nobody_is_refused_here_too(make):
    collector = make(names_somebody=lambda _: False)
    await get(collector, f"data={encoded(CALL)}")
    assert [one.code for one in collector.log.rejections] == ["nobody_named"]
