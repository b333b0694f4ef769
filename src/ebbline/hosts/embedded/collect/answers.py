"""The answers: JSON that Segment's SDKs understand, with the headers a browser needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ebbline.hosts.embedded.collect import limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ebbline.events.event import Rejection
    from ebbline.hosts.embedded.collect.ports import NotStored

Header = tuple[bytes, bytes]

_JSON: Header = (b"content-type", b"application/json")
_TEXT: Header = (b"content-type", b"text/plain; charset=utf-8")
_METRICS: Header = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
_CLOSE: Header = (b"connection", b"close")
_PREFLIGHT: tuple[Header, ...] = (
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (b"access-control-allow-headers", b"Authorization, Content-Type, X-Retry-Count"),
    (b"access-control-max-age", b"86400"),
)
_EXPOSED: Header = (b"access-control-expose-headers", b"Retry-After, X-RateLimit-Reset")
_ANY_ORIGIN: tuple[Header, ...] = ((b"access-control-allow-origin", b"*"), _EXPOSED)

STATUS_BY_CODE = {
    "too_large": 413,
    "timeout": 408,
    "unknown_encoding": 415,
    "head_too_large": 431,
    "unknown_write_key": 401,
    "not_found": 404,
    "method_not_allowed": 405,
}
"""The status of a refusal; every other reason is a plain 400."""


class Answer(msgspec.Struct, frozen=True):
    """Status, headers without length and CORS, body."""

    status: int
    body: bytes = b""
    headers: tuple[Header, ...] = (_JSON,)


GIF = Answer(
    200,
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;",
    ((b"content-type", b"image/gif"), (b"cache-control", b"no-store")),
)
"""One transparent pixel, which must be fetched anew each time it is shown."""
SUCCESS = Answer(200, b'{"success":true}')
_SUCCESS_HEAD = (
    *SUCCESS.headers, (b"content-length", b"%d" % len(SUCCESS.body)), *_ANY_ORIGIN,
)  # fmt: skip
PREFLIGHT = Answer(204, headers=_PREFLIGHT)


def refusal(
    code: str, message: str, where: str = "", *, close: bool = False, status: int | None = None
) -> Answer:
    """A final no: the SDKs drop what they sent. `close` ends a connection with unread bytes;
    without `status` it follows from the code."""
    told = {"success": False, "code": code, "message": message}
    if where:
        told["where"] = where
    headers = (_JSON, _CLOSE) if close else (_JSON,)
    if status is None:
        status = STATUS_BY_CODE.get(code, 400)
    return Answer(status, msgspec.json.encode(told), headers)


def later(problem: NotStored, *, close: bool = False) -> Answer:
    """A no for now: the SDKs wait the given seconds and send again."""
    told = {"success": False, "code": problem.code, "message": str(problem)}
    seconds = b"%d" % problem.retry_after_s
    headers = (_JSON, (b"retry-after", seconds), (b"x-ratelimit-reset", seconds))
    return Answer(problem.status, msgspec.json.encode(told), (*headers, *((_CLOSE,) * close)))


def failure() -> Answer:
    """A bug of ours: 5xx, so that the sender keeps its events."""
    told = {"success": False, "code": "internal", "message": "the collector failed; try again"}
    return Answer(500, msgspec.json.encode(told))


def partly(accepted: int, rejections: Sequence[Rejection]) -> Answer:
    """Success for the good part of a batch, and what was wrong with the rest."""
    shown = rejections[: limits.ERRORS_SHOWN_MAX]
    told = {
        "success": True,
        "accepted": accepted,
        "rejected": len(rejections),
        "errors": [{"code": r.code, "message": r.message, "where": r.where} for r in shown],
    }
    return Answer(200, msgspec.json.encode(told))


def plain(status: int, text: str, *, close: bool = False, end: str = "\n") -> Answer:
    """A line of text, for people and probes."""
    return Answer(status, (text + end).encode(), (_TEXT, *((_CLOSE,) * close)))


def empty(*, close: bool = False) -> Answer:
    """Taken, and nothing to say."""
    return Answer(204, headers=(_CLOSE,) * close)


def json_answer(status: int, body: bytes, *, close: bool = False) -> Answer:
    """JSON in somebody else's shape."""
    return Answer(status, body, (_JSON, *((_CLOSE,) * close)))


def cached(body: bytes, content_type: bytes, seconds: int, *more: Header) -> Answer:
    """A document that a browser may keep, but nobody between us and it."""
    keep = b"private, max-age=%d" % seconds
    return Answer(200, body, ((b"content-type", content_type), (b"cache-control", keep), *more))


def metrics(text: bytes) -> Answer:
    """The Prometheus text format."""
    return Answer(200, text, (_METRICS,))


def head(answer: Answer, origin: bytes | None) -> list[Header]:
    """The answer's headers with length and CORS.

    A known origin is echoed with credentials allowed: pages may set `credentials: include`,
    and nothing here depends on a cookie.
    """
    if origin is None:
        if answer is SUCCESS:
            return list(_SUCCESS_HEAD)
        cors = _ANY_ORIGIN
    else:
        cors = (
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
            (b"vary", b"Origin"),
            _EXPOSED,
        )
    if answer.status == 204:
        return [*answer.headers, *cors]
    return [*answer.headers, (b"content-length", b"%d" % len(answer.body)), *cors]
