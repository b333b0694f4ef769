"""What goes wrong when the API is asked, as one exception."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ebbline.client.shapes.access import Problem


class ApiError(Exception):
    """The API did not do what it was asked. `code` is stable (docs/reference/api.md), `status`
    the HTTP status, `problem` all of it; `retry_after` the seconds to wait, where it says so."""

    def __init__(self, problem: Problem, retry_after: int | None = None) -> None:
        super().__init__(f"{problem.code}: {problem.detail}")
        self.problem = problem
        self.code = problem.code
        self.status = problem.status
        self.retry_after = retry_after


def error_of(status: int, headers: Mapping[str, str], body: bytes, path: str) -> ApiError:
    """The error that a reply is; also of one that did not come from the API itself."""
    try:
        problem = msgspec.json.decode(body, type=Problem)
    except msgspec.DecodeError:
        detail = body[:200].decode("utf-8", "replace")
        problem = Problem(
            type="about:blank", title="Not an answer of the API", status=status,
            code=f"http_{status}", detail=detail, instance=path,
        )  # fmt: skip
    text = headers.get("retry-after", "")
    return ApiError(problem, int(text) if text.isdecimal() else None)
