"""Good requests to every door, and what can be done to them: bytes, values, encodings, heads."""

from __future__ import annotations

import base64
import copy
import gzip
import json
import random
import zlib
from typing import Any, Final, NamedTuple

KEY: Final = "fuzz-key"
_TIME: Final = "2026-01-01T12:00:00.000Z"
_CONTEXT: Final = {
    "library": {"name": "x", "version": "1"}, "traits": {"email": "a@b.example"},
    "externalIds": [{"id": "7", "type": "crm", "collection": "users", "encoding": "none"}],
    "consent": {"categoryPreferences": {"ads": True}},
}  # fmt: skip


def _call(kind: str, **more: Any) -> dict[str, Any]:
    whole = {
        "type": kind, "messageId": "m-1", "userId": "ana", "anonymousId": "phone",
        "timestamp": _TIME, "sentAt": _TIME, "writeKey": KEY, "context": _CONTEXT,
        "integrations": {"All": True},
    }  # fmt: skip
    return whole | more


_CALLS: Final = [
    _call("track", event="purchase", properties={"value": 3.5, "transaction_id": "T",
          "items": [{"item_id": "a", "price": 1, "quantity": 2}]}),
    _call("identify", traits={"email": "a@b.example", "age": 44, "vip": None}),
    _call("page", name="Pricing", category="Docs", properties={"path": "/pricing"}),
    _call("screen", name="Home", properties={}),
    _call("group", groupId="acme", traits={"plan": "pro"}),
    _call("alias", previousId="visitor-7"),
]  # fmt: skip
_GA4: Final = {
    "client_id": "1.2", "user_id": "ana", "timestamp_micros": 1_767_268_800_000_000,
    "user_properties": {"tier": {"value": "gold"}}, "consent": {"ad_user_data": "GRANTED"},
    "events": [
        {"name": "purchase", "params": {"currency": "USD", "value": 3, "transaction_id": "T1",
         "items": [{"item_id": "S1", "price": 10.01, "quantity": 3}]}},
        {"name": "page_view", "params": {"page_location": "https://x.example/"}},
    ],
}  # fmt: skip
_MIXPANEL: Final = [
    {"event": name, "properties": {
        "token": KEY, "time": 1_767_268_000, "distinct_id": "ana", "$device_id": "d", "$insert_id":
        "935d87b1-00cd-41b7", "$identified_id": "ana", "$anon_id": "d", "alias": "b",
        "$distinct_ids": ["a", "b"], "mp_lib": "web", "Item": "Coffee"}}
    for name in ("Purchase", "$mp_web_page_view", "$identify", "$create_alias", "$merge")
]  # fmt: skip
_ENGAGE: Final = [
    {"$token": KEY, "$distinct_id": "ana", "$set": {"$email": "a@b.example"}, "$unset": ["x"]},
    {"$token": KEY, "$distinct_id": "$device:d", "$add": {"n": 1}},
]
DOORS: Final[list[tuple[str, list[Any]]]] = [
    *[(f"/v1/{call['type']}", [call]) for call in _CALLS],
    *[(f"/v1/{call['type'][0]}", [call]) for call in _CALLS],
    *[(path, [{"batch": _CALLS, "writeKey": KEY, "sentAt": _TIME, "context": _CONTEXT}])
      for path in ("/v1/batch", "/v1/b", "/v1/import")],
    ("/v1/m", [{"series": []}]),
    *[(f"/v1/pixel/{call['type']}", [call]) for call in _CALLS],
    (f"/mp/collect?api_secret={KEY}", [_GA4]),
    ("/debug/mp/collect", [_GA4]),
    ("/track?verbose=1", [_MIXPANEL, _MIXPANEL[0]]),
    ("/import?strict=1", [_MIXPANEL]),
    ("/import", [_MIXPANEL]),
    ("/engage", [_ENGAGE]),
]  # fmt: skip

_TOKENS: Final = [
    b"1e999", b"-0", b"NaN", b"-Infinity", b"9" * 400, b"9" * 5_000, b"1" + b"0" * 25, b"-1e-999",
    b"18446744073709551616", b"\x00", b'"\\u0000"', b'"\\ud800"', b"\xff\xfe", b"\xef\xbb\xbf",
    b"null", b"true", b"[" * 1_500, b'{"a":' * 1_500, b"[]", b"{}", b",", b":", b'"', b"\\",
    b"\n", b'"batch"', b'"writeKey"', b"\xf0\x9f\x92\xa9", b"\xc0\x80",
]  # fmt: skip
_VALUES: Final[list[Any]] = [
    None, True, False, 0, -1, 2**63, 2**64, -(2**70), 10**400, 1e308, 5e-324, -0.0, "", " ", "null",
    "undefined", "0", "x" * 600, "x" * 40_000, "\x00", "\u202e\U0001f4a9", "9" * 5_000,
    _TIME, "2026-13-40", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59Z", "20260101",
    [], {}, [[]], {"": {}}, [None] * 3_000, {f"k{n}": n for n in range(600)}, {"value": {}},
    -9_999_999_999_999, 1e15, 7_258_118_400_000, "$device:", {"$set": {"$unset": []}},
]  # fmt: skip


class Sent(NamedTuple):
    """One request as it goes over the wire."""

    method: str
    target: str
    headers: list[tuple[bytes, bytes]]
    chunks: list[bytes]


def request(draw: random.Random) -> Sent:
    """One request: most are nearly right, since what is wrong all over is refused at once."""
    target, seeds = draw.choice(DOORS)
    value = draw.choice(seeds)
    if draw.random() < 0.7:
        value = _changed(draw, json.loads(json.dumps(value)))
    body = _bytes(draw, value)
    for _ in range(draw.choice((0, 0, 0, 1, 1, 2, 5))):
        body = _damaged(draw, body)
    headers = _headers(draw)
    if target.startswith("/v1/pixel/"):
        return Sent("GET", target + "?" + _query(draw, body), headers, [b""])
    if target.startswith(("/track", "/engage")) and draw.random() < 0.4:
        body = b"data=" + (base64.b64encode(body) if draw.random() < 0.5 else _escaped(body))
        headers.append((b"content-type", b"application/x-www-form-urlencoded"))
    body = _encoded(draw, body, headers)
    if draw.random() < 0.05:
        target = _bent(draw, target)
    method = "POST" if draw.random() < 0.97 else draw.choice(("GET", "PUT", "OPTIONS", "HEAD", ""))
    return Sent(method, target, headers, _chunks(draw, body))


def _bytes(draw: random.Random, value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=draw.random() < 0.5)
    if isinstance(value, list) and draw.random() < 0.3:
        text = "\n".join(json.dumps(one) for one in value)
    return text.encode("utf-8", "surrogatepass")


def _changed(draw: random.Random, value: Any) -> Any:
    """Some places of a JSON value exchanged for odd ones."""
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        place, parent, key = value, None, None
        while isinstance(place, dict | list) and place and draw.random() < 0.85:
            parent, key = place, draw.choice(list(place) if isinstance(place, dict)
                                             else range(len(place)))  # fmt: skip
            place = parent[key]
        odd = copy.deepcopy(draw.choice(_VALUES))
        if draw.random() < 0.05:
            odd = _deep(draw.choice((5, 33, 400)))
        if parent is None:
            return odd
        act = draw.random()
        if act < 0.15:
            del parent[key]
        elif act < 0.25 and isinstance(parent, dict):
            parent[draw.choice(("type", "event", "userId", "$user_id", "name", ""))] = odd
        else:
            parent[key] = odd
    return value


def _deep(levels: int) -> Any:
    value: Any = 1
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


def _damaged(draw: random.Random, body: bytes) -> bytes:
    """One thing done to the bytes."""
    at = draw.randrange(len(body) + 1)
    end = min(len(body), at + draw.choice((1, 1, 4, 30, 300)))
    match draw.randrange(7):
        case 0:
            return body[:at]
        case 1:
            return body[:at] + body[end:]
        case 2:
            return body[:at] + body[at:end] * draw.choice((2, 3, 50)) + body[end:]
        case 3:
            return body[:at] + draw.randbytes(draw.choice((1, 2, 8))) + body[end:]
        case 4:
            return body[:at] + draw.choice(_TOKENS) + body[at:]
        case 5:
            return body[:at] + draw.choice(_TOKENS) + body[end:]
        case _:
            return bytes(byte ^ (1 << draw.randrange(8)) if place == at else byte
                         for place, byte in enumerate(body[:2_000])) + body[2_000:]  # fmt: skip


def _encoded(draw: random.Random, body: bytes, headers: list[tuple[bytes, bytes]]) -> bytes:
    way = draw.randrange(20)
    if way > 4:
        return body
    name, packed = [
        (b"gzip", gzip.compress(body, 1, mtime=0)),
        (b"deflate", zlib.compress(body, 1)),
        (b"gzip", body),
        (b"gzip", gzip.compress(b" " * draw.choice((10**6, 3 * 10**6)) + body, 1, mtime=0)),
        (draw.choice((b"br", b"", b"GZIP ", b"\xff")), body),
    ][way]
    headers.append((b"content-encoding", name))
    return _damaged(draw, packed) if draw.random() < 0.4 else packed


def _headers(draw: random.Random) -> list[tuple[bytes, bytes]]:
    login = base64.b64encode(f"{KEY}:".encode())
    logins = [b"Basic " + login] * 6 + [
        b"Basic", b"Basic " + login[:-3], b"Bearer x", b"Basic \xff\xfe",
        b"basic bm90aGVyZTo=", b"",
    ]  # fmt: skip
    headers = [(b"host", draw.choice((b"e.example", b"e.example:80", b"", b"\xff", b'"')))]
    if draw.random() < 0.7:
        headers.append((b"authorization", draw.choice(logins)))
    if draw.random() < 0.2:
        headers.append((b"origin", draw.choice((b"https://shop.example", b"null", b"\xff"))))
    if draw.random() < 0.1:
        lengths = (b"0", b"-1", b"abc", b"9" * 5_000, b"999999999", b"\xb2")
        headers.append((b"content-length", draw.choice(lengths)))
    return headers


def _query(draw: random.Random, body: bytes) -> str:
    data = base64.b64encode(body) if draw.random() < 0.5 else base64.urlsafe_b64encode(body)
    if draw.random() < 0.2:
        data = _damaged(draw, data)
    if draw.random() < 0.3:
        deep = b"a" + b".a" * draw.choice((1, 7, 900)) + b"=1"
        pairs = [b"writeKey=" + KEY.encode(), b"userId=ana", b"event=X", b"properties.a.b=1",
                 b"properties=2", deep, data[:50]]  # fmt: skip
        draw.shuffle(pairs)
        data = b"&".join(pairs)
    else:
        data = b"data=" + data
    return data.decode("latin-1")


def _escaped(body: bytes) -> bytes:
    return b"".join(b"%%%02X" % byte if byte in b"%&+=" else bytes((byte,)) for byte in body)


def _bent(draw: random.Random, target: str) -> str:
    more = ["/", "//", "?", "?writeKey=%FF&a", "/../x", "%2e", "\x00", "?img=1&verbose=2&strict=x"]
    others = [
        f"/v1/projects/{KEY}/settings", "/projects/%FF/settings", "/snippet?writeKey=%FF",
        f"/analytics.js/v1/{KEY}/analytics.min.js", "/analytics-next/bundles/%00", "/snippet/check",
        f"/snippet/check?writeKey={KEY}", "/livez", "/metrics", "", "*",
    ]  # fmt: skip
    return target + draw.choice(more) if draw.random() < 0.5 else draw.choice(others)


def _chunks(draw: random.Random, body: bytes) -> list[bytes]:
    if len(body) < 2 or draw.random() < 0.8:
        return [body]
    cut = draw.randrange(len(body))
    return [body[:cut], b"", body[cut:]]
