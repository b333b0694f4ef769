"""Marketo's answers as the sandbox gives them: HTTP says 200, the body says what happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ebbline.connectors.request import Response

PAGE_MAX = 300
REQUEST_ID = "e42b#14272d07d78"


class Refused(Exception):
    """A call is not carried out; caught where the sandbox answers."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.response = failure(code, message)


def success(result: list[Any], **more: Any) -> Response:
    """A call that was carried out."""
    return plain(200, {"requestId": REQUEST_ID, "success": True, "result": result, **more})


def paged(rows: list[Any], form: Mapping[str, str]) -> Response:
    """Some of many rows, and a token for the rest."""
    texts = (form.get("batchSize", str(PAGE_MAX)), form.get("nextPageToken", "0"))
    size, start = (int(text) if text.isdecimal() else -1 for text in texts)
    if size < 1 or start < 0:
        raise Refused("1003", "Invalid value for batchSize or nextPageToken")
    size = min(size, PAGE_MAX)
    more = start + size < len(rows)
    rest = {"nextPageToken": str(start + size)} if more else {}
    return success(rows[start : start + size], moreResult=more, **rest)


def failure(code: str, message: str) -> Response:
    """A call that was not; HTTP still says 200."""
    errors = [{"code": code, "message": message}]
    return plain(200, {"requestId": REQUEST_ID, "success": False, "errors": errors})


def skipped(code: str, message: str, **more: Any) -> dict[str, Any]:
    """A record that was not taken."""
    return {**more, "status": "skipped", "reasons": [{"code": code, "message": message}]}


def plain(status: int, content: Any) -> Response:
    """Any answer in JSON."""
    return Response(status, {"content-type": "application/json"}, msgspec.json.encode(content))
