"""A Braze workspace: authentication, rate limit, the shape of a request, and its users."""

from __future__ import annotations

from typing import Any

import msgspec

from ebbline.connectors.braze.sandbox.attributes import object_error
from ebbline.connectors.braze.sandbox.users import Users
from ebbline.connectors.request import Request, Response

_ARRAYS = ("attributes", "events", "purchases")


class Workspace:
    """A `Vendor`: see `connectors.sandbox`."""

    def __init__(self, key: str, *, objects_max: int, requests: int, window_ms: int) -> None:
        self.users = Users()
        self._key = key
        self._objects_max = objects_max
        self._requests = requests
        self._window_ms = window_ms
        self._window = (0, 0)  # number of the present window, requests in it

    def answer(self, request: Request, now_ms: int) -> Response:
        """Do what the request asks and say so."""
        if dict(request.headers).get("authorization") != f"Bearer {self._key}":
            return self.refused(401, f"Invalid API key: {'*' * 8}", now_ms)
        if (request.method, request.url) != ("POST", "/users/track"):
            return self.refused(404, "Not found", now_ms)
        number, count = self._window
        present = now_ms // self._window_ms
        count = count + 1 if number == present else 1
        self._window = (present, count)
        if count > self._requests:
            return self.refused(429, "Too many requests", now_ms)
        return self._track(request.body, now_ms)

    def refused(self, status: int, message: str, now_ms: int) -> Response:
        """An answer with that status and nothing done."""
        return self._respond(status, {"message": message}, now_ms)

    def views(self, name: str, query: dict[str, str]) -> Any:
        """`users`: everybody, or those asked for by external_id or alias_name."""
        if name != "users":
            return None
        found = self.users.listed()
        if "external_id" in query:
            found = [user for user in found if user.get("external_id") == query["external_id"]]
        if "alias_name" in query:
            wanted = query["alias_name"]
            found = [u for u in found if u.get("user_alias", {}).get("alias_name") == wanted]
        return {"count": len(found), "users": found}

    def reset(self) -> None:
        """Forget everybody."""
        self.users = Users()

    def _track(self, body: bytes, now_ms: int) -> Response:
        try:
            content = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self.refused(400, "Request body is not valid JSON", now_ms)
        wrong = self._shape_error(content)
        if wrong:
            return self.refused(400, wrong, now_ms)
        answer: dict[str, Any] = {"message": "success"}
        errors: list[dict[str, Any]] = []
        for array in _ARRAYS:
            objects = content.get(array, [])
            good = 0
            for index, item in enumerate(objects):
                error = object_error(array, item)
                if error:
                    errors.append({"type": error, "input_array": array, "index": index})
                else:
                    self.users.take(array, item)
                    good += 1
            if objects:
                answer[f"{array}_processed"] = good
        if errors:
            answer["errors"] = errors
        return self._respond(201, answer, now_ms)

    def _shape_error(self, content: Any) -> str:
        if not isinstance(content, dict):
            return "The request body must be a JSON object"
        arrays = [content[name] for name in _ARRAYS if name in content]
        if not all(isinstance(array, list) for array in arrays):
            return "'attributes', 'events' and 'purchases' must be arrays of objects"
        total = sum(len(array) for array in arrays)
        if not total:
            return "No attributes, events, or purchases were provided"
        return "Max Input Length Exceeded" if total > self._objects_max else ""

    def _respond(self, status: int, content: dict[str, Any], now_ms: int) -> Response:
        present = now_ms // self._window_ms
        used = self._window[1] if self._window[0] == present else 0
        reset_s = -(-((present + 1) * self._window_ms) // 1000)
        headers = {
            "content-type": "application/json",
            "x-ratelimit-limit": str(self._requests),
            "x-ratelimit-remaining": str(max(0, self._requests - used)),
            "x-ratelimit-reset": str(reset_s),
        }
        return Response(status, headers, msgspec.json.encode(content))
