"""A Braze workspace: keys and their permissions, rate limits, requests, and its users."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec

from ebbline.connectors.braze.sandbox import lifecycle, messaging
from ebbline.connectors.braze.sandbox.attributes import object_error
from ebbline.connectors.braze.sandbox.meters import DOCUMENTED, Meter
from ebbline.connectors.braze.sandbox.users import Key, Users
from ebbline.connectors.request import Request, Response

_ARRAYS = ("attributes", "events", "purchases")

# Milliseconds after which a merge that was accepted is carried out.
MERGE_MS = 2_000

# Path, the meter that counts it, the permission it takes.
_ENDPOINTS = {
    "/users/track": ("track", "users.track"),
    "/users/export/ids": ("export", "users.export.ids"),
    "/users/alias/new": ("lifecycle", "users.alias.new"),
    "/users/identify": ("lifecycle", "users.identify"),
    "/users/merge": ("lifecycle", "users.merge"),
    "/users/delete": ("lifecycle", "users.delete"),
    "/subscription/status/set": ("subscription", "subscription.status.set"),
    "/v2/subscription/status/set": ("subscription", "subscription.status.set"),
    "/canvas/trigger/send": ("messaging", "canvas.trigger.send"),
}


class Workspace:
    """A `Vendor`: see `connectors.sandbox`. The main key may do everything, the others of
    `keys` what their permissions say; `canvases` are those that exist, None for any."""

    def __init__(
        self,
        key: str,
        *,
        objects_max: int,
        requests: int,
        window_ms: int,
        keys: Mapping[str, Collection[str]] | None = None,
        canvases: Collection[str] | None = None,
    ) -> None:
        self.users = Users()
        self._keys: dict[str, Collection[str] | None] = {**(keys or {}), key: None}
        self._objects_max = objects_max
        self._canvases = canvases
        self._meters = {"track": Meter(requests, window_ms)}
        self._meters |= {name: Meter(*bounds) for name, bounds in DOCUMENTED.items()}
        self._merges: list[tuple[int, Key, Key]] = []

    def answer(self, request: Request, now_ms: int) -> Response:
        """Do what the request asks and say so."""
        self.settle(now_ms)
        given = dict(request.headers).get("authorization", "")
        key = given.removeprefix("Bearer ")
        if key not in self._keys or key == given:
            return self.refused(401, f"Invalid API key: {'*' * 8}", now_ms)
        if request.method != "POST" or request.url not in _ENDPOINTS:
            return self.refused(404, "Not found", now_ms)
        meter, permission = _ENDPOINTS[request.url]
        allowed = self._keys[key]
        if allowed is not None and permission not in allowed:
            return self.refused(403, "Forbidden", now_ms)
        if not self._meters[meter].take(now_ms):
            return self._respond(429, {"message": "Too many requests"}, now_ms, meter)
        status, content = self._work(request.url, request.body, now_ms)
        return self._respond(status, content, now_ms, meter)

    def settle(self, now_ms: int) -> None:
        """Carry out the merges whose time has come."""
        due = [merge for merge in self._merges if merge[0] <= now_ms]
        self._merges = [merge for merge in self._merges if merge[0] > now_ms]
        for _, gone, kept in due:
            lifecycle.carry_out(self.users, gone, kept)

    def refused(self, status: int, message: str, now_ms: int) -> Response:
        """An answer with that status and nothing done."""
        return self._respond(status, {"message": message}, now_ms, "track")

    def views(self, name: str, query: dict[str, str]) -> Any:
        """`users`: everybody, or those asked for by external_id or alias_name."""
        if name != "users":
            return None
        found = self.users.listed()
        if "external_id" in query:
            found = [user for user in found if user.get("external_id") == query["external_id"]]
        if "alias_name" in query:
            wanted = query["alias_name"]
            found = [user for user in found if wanted in _alias_names(user)]
        return {"count": len(found), "users": found}

    def reset(self) -> None:
        """Forget everybody."""
        self.users = Users()
        self._merges.clear()

    def _work(self, path: str, body: bytes, now_ms: int) -> lifecycle.Answer:
        try:
            content = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return 400, {"message": "Request body is not valid JSON"}
        if not isinstance(content, dict):
            return 400, {"message": "The request body must be a JSON object"}
        if path == "/users/track":
            return self._track(content)
        if path == "/users/merge":
            answer, pairs = lifecycle.merge(content)
            self._merges += [(now_ms + MERGE_MS, gone, kept) for gone, kept in pairs]
            return answer
        if path == "/canvas/trigger/send":
            return messaging.trigger_canvas(self.users, content, self._canvases)
        return _WORK[path](self.users, content)

    def _track(self, content: dict[str, Any]) -> lifecycle.Answer:
        wrong = self._shape_error(content)
        if wrong:
            return 400, {"message": wrong}
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
        return 201, answer

    def _shape_error(self, content: dict[str, Any]) -> str:
        arrays = [content[name] for name in _ARRAYS if name in content]
        if not all(isinstance(array, list) for array in arrays):
            return "'attributes', 'events' and 'purchases' must be arrays of objects"
        total = sum(len(array) for array in arrays)
        if not total:
            return "No attributes, events, or purchases were provided"
        return "Max Input Length Exceeded" if total > self._objects_max else ""

    def _respond(self, status: int, content: dict[str, Any], now_ms: int, meter: str) -> Response:
        headers = {"content-type": "application/json", **self._meters[meter].headers(now_ms)}
        return Response(status, headers, msgspec.json.encode(content))


def _alias_names(user: dict[str, Any]) -> list[str]:
    aliases = [*user.get("user_aliases", ()), user.get("user_alias")]
    return [alias["alias_name"] for alias in aliases if alias]


_WORK: dict[str, Callable[[Users, dict[str, Any]], lifecycle.Answer]] = {
    "/users/alias/new": lifecycle.new_aliases,
    "/users/identify": lifecycle.identify,
    "/users/delete": lifecycle.delete,
    "/users/export/ids": messaging.export,
    "/subscription/status/set": messaging.set_status,
    "/v2/subscription/status/set": messaging.set_statuses,
}
