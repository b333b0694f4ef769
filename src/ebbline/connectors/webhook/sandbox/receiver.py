"""A receiver of webhooks: what it verifies, what it keeps and what it says."""

from __future__ import annotations

import hmac
from collections import deque
from typing import Any

import msgspec

from ebbline.connectors.limits import SANDBOX_MESSAGES_MAX
from ebbline.connectors.request import Request, Response
from ebbline.connectors.webhook.signing import is_genuine, segment_signature

_METHODS = ("POST", "PUT", "PATCH")


class Receiver:
    """A `Vendor`: see `connectors.sandbox`. With `any_body` it also takes what is no message of
    ours, as a receiver does that has its own idea of a body, and keeps it as text."""

    def __init__(self, secret: str | None, shared_secret: str | None = None, *,
                 requests: int, window_ms: int, any_body: bool = False) -> None:  # fmt: skip
        self.people: dict[str, dict[str, Any]] = {}
        self.told: deque[dict[str, Any]] = deque(maxlen=SANDBOX_MESSAGES_MAX)
        self._seen: dict[str, None] = {}
        self._secret = secret
        self._shared_secret = shared_secret
        self._any_body = any_body
        self._requests = requests
        self._window_ms = window_ms
        self._window = (0, 0)

    def answer(self, request: Request, now_ms: int) -> Response:
        """Verify, drop repeats, apply."""
        if request.method not in _METHODS:
            return self.refused(405, f"expected {', '.join(_METHODS)}", now_ms)
        headers = dict(request.headers)
        if self._secret and not is_genuine(self._secret, headers, request.body, now_ms // 1000):
            return self.refused(401, "no matching signature", now_ms)
        number, count = self._window
        present = now_ms // self._window_ms
        self._window = (present, count + 1 if number == present else 1)
        if self._window[1] > self._requests:
            return self.refused(429, "too many requests", now_ms)
        messages = _messages(headers.get("content-type", ""), request.body)
        if messages is None and self._any_body:
            messages = [{"body": request.body.decode("utf-8", "replace")}]
        if messages is None:
            return self.refused(400, "expected messages with type, timestamp and data", now_ms)
        if self._shared_secret and not self._is_segments(headers, request.body):
            return self.refused(401, "no matching X-Signature", now_ms)
        message_id = headers.get("webhook-id", "")
        if message_id not in self._seen:
            self._remember(message_id)
            for message in messages:
                self._apply(message)
        return Response(204, {}, b"")

    def refused(self, status: int, message: str, now_ms: int) -> Response:
        """An answer with that status and nothing done."""
        headers = {"content-type": "application/json"}
        if status == 429:
            rest_ms = self._window_ms - now_ms % self._window_ms
            headers["retry-after"] = str(-(-rest_ms // 1000))
        return Response(status, headers, msgspec.json.encode({"error": message}))

    def views(self, name: str, query: dict[str, str]) -> Any:
        """`users`: people by "type:value", with what is known of them. `messages`: everything
        that was told, in order, repeats left out."""
        if name == "messages":
            return {"count": len(self.told), "messages": list(self.told)}
        if name != "users":
            return None
        wanted = query.get("person")
        people = self.people if wanted is None else {wanted: self.people.get(wanted, {})}
        return {"count": len(people), "users": people}

    def reset(self) -> None:
        """Forget everything."""
        self.people.clear()
        self.told.clear()
        self._seen.clear()

    def _is_segments(self, headers: dict[str, str], body: bytes) -> bool:
        """As Segment's receivers check: an array by its first message, which is written anew."""
        first = msgspec.json.encode(msgspec.json.decode(body)[0]) if body[:1] == b"[" else body
        expected = segment_signature(self._shared_secret or "", first)
        return hmac.compare_digest(expected, headers.get("x-signature", ""))

    def _remember(self, message_id: str) -> None:
        if message_id:
            self._seen[message_id] = None
        if len(self._seen) > SANDBOX_MESSAGES_MAX:
            del self._seen[next(iter(self._seen))]

    def _apply(self, message: dict[str, Any]) -> None:
        self.told.append(message)
        if "body" in message:
            return
        data = message["data"]
        name = f"{data['person']['type']}:{data['person']['value']}"
        if message["type"] == "person.erased":
            self.people.pop(name, None)
            return
        held = self.people.setdefault(name, {})
        if "audience" in data:
            held[data["audience"]] = data["member"]
        else:
            held[data["trait"]] = data["value"]


def _messages(content_type: str, body: bytes) -> list[dict[str, Any]] | None:
    """The messages of a body: one, an array, an array under a single key, or one a line. None
    when it holds anything else."""
    try:
        content: Any
        if content_type == "application/x-ndjson":
            content = [msgspec.json.decode(line) for line in body.splitlines()]
        else:
            content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if isinstance(content, dict) and len(content) == 1:
        content = next(iter(content.values()))
    messages = content if isinstance(content, list) else [content]
    complete = messages and all(_is_message(message) for message in messages)
    return messages if complete else None


def _is_message(message: Any) -> bool:
    if not isinstance(message, dict) or not isinstance(message.get("data"), dict):
        return False
    data = message["data"]
    person = data.get("person")
    named = isinstance(person, dict) and {"type", "value"} <= set(person)
    says = {"audience", "member"} <= set(data) or {"trait", "value"} <= set(data)
    erases = message.get("type") == "person.erased"
    return named and (says or erases) and {"type", "timestamp"} <= set(message)
