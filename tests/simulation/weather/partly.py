"""Partial failures, as each vendor reports them: all of a batch is done but one object.

Each function takes a request apart, has the vendor do the rest, and puts the failure into its
answer. None where a request holds nothing that could fail alone.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import msgspec

from ebbline.connectors import Request, Response

Work = Callable[[Request], Response]
Partly = Callable[[Request, Work, Random], Response | None]


def braze(request: Request, work: Work, rng: Random) -> Response | None:
    """201 with the index of the attributes object."""
    content = _content(request)
    if not content.get("attributes"):
        return None
    index = rng.randrange(len(content["attributes"]))
    answer, said = _without(request, content, "attributes", index, work)
    if answer is None:
        return _json(201, {"message": "success", "attributes_processed": 0, "errors": [
            {"type": "weather", "input_array": "attributes", "index": 0}]})  # fmt: skip
    said["errors"] = [{"type": "weather", "input_array": "attributes", "index": index}]
    return _json(answer.status, said) if answer.status == 201 else answer


def hubspot(request: Request, work: Work, rng: Random) -> Response | None:
    """207 with the trace id of the input."""
    content = _content(request)
    if "batch/upsert" not in request.url or not content.get("inputs"):
        return None
    index = rng.randrange(len(content["inputs"]))
    bad = content["inputs"][index]
    answer, said = _without(request, content, "inputs", index, work)
    error = {"status": "error", "category": "VALIDATION_ERROR", "message": "weather",
             "context": {"ids": [bad["id"]],
                         "objectWriteTraceId": [bad["objectWriteTraceId"]]}}  # fmt: skip
    if answer is None:
        said = {"status": "COMPLETE", "results": []}
    elif answer.status not in (200, 207):
        return answer
    return _json(207, said | {"numErrors": 1, "errors": [error]})


def marketo(request: Request, work: Work, rng: Random) -> Response | None:
    """A skipped record in its place of the result."""
    content = _content(request)
    if not content.get("input") or "lookupField" not in content:
        return None
    index = rng.randrange(len(content["input"]))
    skipped = {"status": "skipped", "reasons": [{"code": "1003", "message": "weather"}]}
    answer, said = _without(request, content, "input", index, work)
    if answer is None:
        return _json(200, {"requestId": "w", "success": True, "result": [skipped]})
    if said.get("success"):
        said["result"].insert(index, skipped)
    return _json(200, said)


def mailchimp(request: Request, work: Work, rng: Random) -> Response | None:
    """200 with the address of the member."""
    content = _content(request)
    if not content.get("members"):
        return None
    index = rng.randrange(len(content["members"]))
    email = content["members"][index]["email_address"]
    answer, said = _without(request, content, "members", index, work)
    if answer is None:
        said = {"new_members": [], "updated_members": [], "errors": []}
    elif answer.status != 200:
        return answer
    error = {"email_address": email, "error": "weather", "error_code": "ERROR_GENERIC"}
    said["errors"] = [*said.get("errors", []), error]
    return _json(200, said | {"error_count": len(said["errors"])})


def _without(request: Request, content: dict[str, Any], key: str, index: int,
             work: Work) -> tuple[Response | None, dict[str, Any]]:  # fmt: skip
    """What the vendor says to the batch without one object; None when nothing is left of it."""
    rest = [each for place, each in enumerate(content[key]) if place != index]
    if not rest:
        return None, {}
    body = msgspec.json.encode(content | {key: rest})
    answer = work(Request(request.method, request.url, request.headers, body))
    try:
        return answer, msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        return answer, {}


def _content(request: Request) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(request.body)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _json(status: int, content: Any) -> Response:
    return Response(status, {"content-type": "application/json"}, msgspec.json.encode(content))
