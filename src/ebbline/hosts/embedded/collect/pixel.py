"""The pixel: calls as the address of an image, for e-mail and pages without scripts.

Whatever happens the answer is a transparent image, since nobody reads another one; what is wrong
with a call stands in the quarantine, and what could not be stored is counted.
Source: the Segment pixel API.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import msgspec

from ebbline.events.envelope import read_write_key
from ebbline.events.fault import UNKNOWN_SOURCE, Fault, reject
from ebbline.hosts.embedded.collect import answers
from ebbline.hosts.embedded.collect.intake import UNKNOWN_KEY
from ebbline.hosts.embedded.collect.nobody import refuse_nobody
from ebbline.hosts.embedded.collect.ports import NotStored
from ebbline.hosts.embedded.collect.request import fields_of

if TYPE_CHECKING:
    from ebbline.hosts.embedded.collect.answers import Answer
    from ebbline.hosts.embedded.collect.intake import Intake
    from ebbline.hosts.embedded.collect.request import Request

KINDS: Final = ("identify", "group", "alias", "page", "screen", "track")
PATHS: Final = {f"/v1/pixel/{kind}": kind for kind in KINDS}
_DEPTH_MAX: Final = 8  # levels that dotted keys may open; real ones have two or three


async def pixel(intake: Intake, request: Request) -> Answer:
    """Takes the call in the query of a GET; of a HEAD, which must change nothing, nothing."""
    if request.method == "GET":
        await _take(intake, request.query, PATHS[request.path])
    return answers.GIF


async def _take(intake: Intake, query: bytes, kind: str) -> None:
    body = _body(query)
    now_ms = intake.now_ms()
    if isinstance(body, Fault):
        rejections = [reject(body, query, now_ms, UNKNOWN_SOURCE)]
        await _store(intake, [], rejections, len(query))
        return
    key = read_write_key(body)
    source = intake.keys.source(key)
    if source is None:
        intake.keys.alarm(key, now_ms)
        rejections = [reject(UNKNOWN_KEY, body, now_ms, UNKNOWN_SOURCE)]
        await _store(intake, [], rejections, len(body))
        return
    parsed = intake.parser.parse_request(body, now_ms, source, kind)
    parsed = refuse_nobody(parsed, body, intake.names_somebody, batch=False)
    await _store(intake, parsed.events, parsed.rejections, len(body))


async def _store(intake: Intake, events: Any, rejections: Any, size_bytes: int) -> None:
    try:
        intake.admit()
        await intake.append(events, rejections, size_bytes)
    except NotStored as problem:
        lost = reject(Fault(problem.code, str(problem)), b"", intake.now_ms(), UNKNOWN_SOURCE)
        intake.meters.unkept([lost] * (len(events) + len(rejections)))


def _body(query: bytes) -> bytes | Fault:
    """The call as JSON: `data`, JSON in either alphabet of base64, or one field for each key."""
    for part in query.split(b"&"):
        if part.startswith(b"data="):
            return decoded(part[5:])
    call: dict[str, Any] = {}
    for name, value in fields_of(query).items():
        _put(call, name.split("."), value)
    if not call:
        return Fault("no_data", 'the pixel needs "data", a call as JSON in base64')
    return msgspec.json.encode(call)


def decoded(given: bytes) -> bytes | Fault:
    """Base64 of any alphabet, padded or not; a `+` of it may have become a space on the way."""
    text = unquote(given.decode("latin-1")).replace(" ", "+")
    text = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return Fault("bad_encoding", '"data" is not base64')


def _put(call: dict[str, Any], path: list[str], value: str) -> None:
    """One dotted key; of two that do not fit together the first wins."""
    if len(path) > _DEPTH_MAX:
        return
    place = call
    for step in path[:-1]:
        inner = place.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        place = inner
    place.setdefault(path[-1], value)
