"""Mixpanel's doors: `/track` for clients, `/import` for servers, `/engage` for profiles.

Answers are Mixpanel's own, in its words and statuses, so that its SDKs understand them; what was
refused stands in the quarantine besides.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ebbline.events import limits as event_limits
from ebbline.events.event import Event
from ebbline.events.fault import Fault
from ebbline.events.foreign import Call
from ebbline.events.mixpanel import event, read_records, strictly
from ebbline.events.mixpanel_people import Record, update
from ebbline.hosts.embedded.collect import answers
from ebbline.hosts.embedded.collect.intake import Intake, Unusable
from ebbline.hosts.embedded.collect.keys import basic_key
from ebbline.hosts.embedded.collect.limits import RECORDS_BYTES_MAX
from ebbline.hosts.embedded.collect.pixel import decoded
from ebbline.hosts.embedded.collect.ports import NotStored
from ebbline.hosts.embedded.collect.request import Request, fields_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ebbline.hosts.embedded.collect.answers import Answer

TRACK: Final = "/track"
IMPORT: Final = "/import"
ENGAGE: Final = "/engage"

_STATUS: Final = {
    200: "OK", 400: "Bad Request", 401: "Unauthorized", 413: "Request Entity Too Large",
    429: "Too Many Requests", 503: "Service Unavailable",
}  # fmt: skip
_FAILED: Final = "some data points in the request failed validation"
_TOO_LARGE: Final = f"request exceeds max limit of {RECORDS_BYTES_MAX} bytes"


class Done(msgspec.Struct, frozen=True):
    """What became of a body: each record with its event or fault, and what of the whole."""

    records: list[Record]
    results: list[Event | Fault]

    @property
    def faults(self) -> list[Fault]:
        """What was refused, in order."""
        return [result for result in self.results if isinstance(result, Fault)]


async def track(intake: Intake, request: Request) -> Answer:
    """Events from clients, or with `update` records profiles: `1` when any was taken, `0` when
    none was, or the same as JSON with `verbose`."""
    read = update if request.path == ENGAGE else event
    flags = request.parameters()
    try:
        body = await intake.body(request, RECORDS_BYTES_MAX)
        if isinstance(body, Unusable):
            await intake.refuse(body.fault, body.start, None)
            return _told(flags, [body.fault], 0, close=body.close)
        done = await _take(intake, _payload(request, body), read)
    except NotStored as problem:
        return answers.later(problem, close=True)
    if isinstance(done, Fault):
        if done.code == "unknown_write_key":
            told = {"error": done.message, "status": "error"}
            return answers.json_answer(401, msgspec.json.encode(told))
        return _told(flags, [done], 0)
    return _told(flags, done.faults, len(done.results) - len(done.faults))


async def import_(intake: Intake, request: Request) -> Answer:
    """Events from servers: all that are valid are taken, each other one is told."""
    key = basic_key(request.headers.get(b"authorization"))
    try:
        body = await intake.body(request, RECORDS_BYTES_MAX)
        if isinstance(body, Unusable):
            await intake.refuse(body.fault, body.start, intake.keys.source(key))
            large = body.fault.code == "too_large"
            error = _TOO_LARGE if large else body.fault.message
            return _answer(413 if large else 400, error=error, close=body.close)
        read = event
        if request.parameters().get("strict") == "1":
            read = partial(event, check=strictly(intake.now_ms()))
        done = await _take(intake, body, read, key)
    except NotStored as problem:
        answer = _answer(problem.status, error=str(problem), close=True)
        retry = answers.later(problem).headers[1:]
        return msgspec.structs.replace(answer, headers=(*answer.headers, *retry))
    if isinstance(done, Fault):
        if done.code == "unknown_write_key":
            return _answer(401, error="Invalid credentials")
        return _answer(400, error=done.message)
    return _imported(done)


async def _take(
    intake: Intake,
    body: bytes | Fault,
    read: Callable[[bytes, str], Record],
    key: str | None = None,
) -> Done | Fault:
    """Stores the records of a body; a fault of the whole body is in the quarantine then."""
    intake.admit()
    if isinstance(body, Fault):
        await intake.refuse(body, b"", None)
        return body
    records = read_records(body, read)
    token, by_header = key, intake.keys.source(key) is not None
    if isinstance(records, list) and not by_header:
        token = next((record.token for record in records if record.token), key)
    source = intake.keys.source(token)
    fault = records if isinstance(records, Fault) else _unreadable(records, token)
    if fault is not None:
        await intake.refuse(fault, body, source)
        return fault
    assert isinstance(records, list)
    if source is None:
        await intake.refuse_stranger(token, body)
        return Fault("unknown_write_key", "the token belongs to no source of this project")
    calls = [
        record.call if by_header or record.token in (None, token) else _stray(record)
        for record in records
    ]
    return Done(records, await intake.take(calls, source, len(body)))


def _unreadable(records: list[Record], token: str | None) -> Fault | None:
    """Why no record can be read, which is a better reason than that no token was found."""
    if token is not None or not records:
        return None
    fields = [record.call.fields for record in records]
    first = fields[0]
    every = all(isinstance(one, Fault) for one in fields)
    return first if every and isinstance(first, Fault) else None


def _stray(record: Record) -> Call:
    """A record that names another token than the first of its request."""
    fault = Fault("other_token", "all records of a request must have one token", "token")
    return msgspec.structs.replace(record.call, fields=fault)


def _payload(request: Request, body: bytes) -> bytes | Fault:
    """The records' JSON: the body itself, or a form's `data`, as JSON or as base64 of it."""
    start = body.lstrip()[:1]
    if start in (b"[", b"{"):
        return body
    form = request.headers.get(b"content-type", b"").startswith(b"application/x-www-form")
    if not form and not body.startswith(b"data="):
        return body
    data = fields_of(body).get("data")
    if data is None:
        return Fault("no_data", 'the form has no field "data"', "data")
    if data.lstrip()[:1] in ("[", "{"):
        return data.encode("utf-8", "replace")
    return decoded(data.encode("utf-8", "replace"))


def _told(flags: dict[str, str], faults: list[Fault], taken: int, *, close: bool = False) -> Answer:
    """The short answers of `/track` and `/engage`."""
    if flags.get("img") == "1":
        return answers.GIF
    first = faults[0] if faults else None
    status = 1 if taken or first is None else 0
    if flags.get("verbose") == "1":
        error = "" if first is None else f"{first.where}: {first.message}".lstrip(": ")
        told = msgspec.json.encode({"error": error, "status": status})
        return answers.json_answer(200, told, close=close)
    return answers.plain(200, str(status), close=close, end="")


def _imported(done: Done) -> Answer:
    failed: list[dict[str, Any]] = []
    for index, result in enumerate(done.results):
        if isinstance(result, Fault):
            insert_id = done.records[index].insert_id or ""
            failed.append({"index": index, "insert_id": insert_id, "field": result.where,
                           "message": result.message})  # fmt: skip
    taken = len(done.results) - len(failed)
    if not failed:
        return _answer(200, num_records_imported=taken)
    shown = failed[: event_limits.MIXPANEL_RECORDS_MAX]
    return _answer(400, error=_FAILED, failed_records=shown, num_records_imported=taken)


def _answer(status: int, *, close: bool = False, **told: Any) -> Answer:
    body = {"code": status, **told, "status": _STATUS[status]}
    return answers.json_answer(status, msgspec.json.encode(body), close=close)
