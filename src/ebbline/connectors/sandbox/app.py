"""A vendor's sandbox as an ASGI app: what the vendor does, plus the sandbox's own doors.

`GET /sandbox/requests` lists what came in, `POST /sandbox/faults` makes it fail,
`DELETE /sandbox/faults` mends it, `GET /sandbox/<state>` shows what was applied,
`POST /sandbox/reset` empties it. It reads no clock and knows no server: both are handed in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol
from urllib.parse import parse_qsl

import msgspec

from ebbline.connectors.limits import SANDBOX_BODY_BYTES_MAX, SANDBOX_REQUESTS_MAX
from ebbline.connectors.request import Request, Response
from ebbline.connectors.sandbox.faults import Fault, Faults

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
SendMessage = Callable[[Message], Awaitable[None]]

_SECRET_HEADERS = frozenset(
    ["authorization", "webhook-signature", "x-signature", "x-amz-security-token"]
)
_DOORS = "/sandbox/"


class Vendor(Protocol):
    """A vendor's documented behaviour, without time or network."""

    def answer(self, request: Request, now_ms: int) -> Response:
        """Do what the request asks and say so."""
        ...

    def refused(self, status: int, message: str, now_ms: int) -> Response:
        """An answer with that status and nothing done."""
        ...

    def views(self, name: str, query: dict[str, str]) -> Any:
        """What `GET /sandbox/<name>` shows; None for an unknown name."""
        ...

    def reset(self) -> None:
        """Forget everything."""
        ...


class SandboxApp:
    """The app. `sleep(seconds)` and `now_ms()` are the host's."""

    def __init__(
        self,
        vendor: Vendor,
        now_ms: Callable[[], int],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.vendor = vendor
        self.faults = Faults()
        self.requests: deque[dict[str, Any]] = deque(maxlen=SANDBOX_REQUESTS_MAX)
        self.received = 0
        self._now_ms = now_ms
        self._sleep = sleep

    async def __call__(self, scope: Message, receive: Receive, send: SendMessage) -> None:
        """Serve one connection scope."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            request = await _read(scope, receive)
            if request is None:
                await _reply(send, self.vendor.refused(413, "Body too large", self._now_ms()))
            elif scope["path"].startswith(_DOORS):
                name = scope["path"].removeprefix(_DOORS)
                await _reply(send, self._door(request, name, scope["query_string"].decode()))
            else:
                await self._work(request, scope["path"], send)

    async def _work(self, request: Request, path: str, send: SendMessage) -> None:
        fault = self.faults.draw()
        entry = self._note(request, path, fault)
        if fault is None:
            entry["status"] = await _reply(send, self.vendor.answer(request, self._now_ms()))
            return
        await self._sleep(fault.delay_ms / 1000)
        if fault.timeout:
            await self._hold(request, fault, entry)
            await _hang_up(send)
        elif fault.drop is not None:
            if fault.drop == "after":
                self._apply(request, entry)
            await _hang_up(send)
        elif fault.status is not None:
            if fault.applied:
                self._apply(request, entry)
            answer = self.vendor.refused(fault.status, fault.message, self._now_ms())
            answer = msgspec.structs.replace(answer, headers=answer.headers | fault.headers)
            entry["status"] = await _reply(send, answer)
        else:
            entry["status"] = await _reply(send, self.vendor.answer(request, self._now_ms()))

    async def _hold(self, request: Request, fault: Fault, entry: dict[str, Any]) -> None:
        late_ms = fault.hold_ms if fault.late_ms is None else fault.late_ms
        await self._sleep(late_ms / 1000)
        if fault.late_ms is not None:
            self._apply(request, entry)
        await self._sleep(max(0, fault.hold_ms - late_ms) / 1000)

    def _apply(self, request: Request, entry: dict[str, Any]) -> None:
        entry["applied"] = self.vendor.answer(request, self._now_ms()).status

    def _note(self, request: Request, path: str, fault: Fault | None) -> dict[str, Any]:
        self.received += 1
        entry = {
            "number": self.received,
            "at_ms": self._now_ms(),
            "method": request.method,
            "path": path,
            "headers": {
                name: "***" if name in _SECRET_HEADERS else value for name, value in request.headers
            },
            "body": _readable(request.body),
            "status": None,
        }
        if fault is not None:
            entry["fault"] = msgspec.to_builtins(fault)
        self.requests.append(entry)
        return entry

    def _door(self, request: Request, name: str, query: str) -> Response:
        match request.method, name:
            case "GET", "requests":
                return _json(200, {"received": self.received, "requests": list(self.requests)})
            case "POST", "faults":
                wrong = self.faults.tell(request.body)
                return _json(400 if wrong else 200, {"error": wrong} if wrong else {"ok": True})
            case "DELETE", "faults":
                self.faults.active.clear()
                return _json(200, {"ok": True})
            case "POST", "reset":
                self.vendor.reset()
                self.requests.clear()
                return _json(200, {"ok": True})
            case "GET", _ if (view := self.vendor.views(name, dict(parse_qsl(query)))) is not None:
                return _json(200, view)
            case _:
                return _json(404, {"error": f"The sandbox has no {request.method} {name}."})


async def _lifespan(receive: Receive, send: SendMessage) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _read(scope: Message, receive: Receive) -> Request | None:
    body, more = bytearray(), True
    while more:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > SANDBOX_BODY_BYTES_MAX:
            return None
        more = message.get("more_body", False)
    headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1"))
                    for name, value in scope["headers"])  # fmt: skip
    query = scope["query_string"].decode("latin-1")
    url = f"{scope['path']}?{query}" if query else scope["path"]
    return Request(scope["method"], url, headers, bytes(body))


async def _reply(send: SendMessage, response: Response) -> int:
    headers = [(name.encode(), value.encode()) for name, value in response.headers.items()]
    headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
    return response.status


async def _hang_up(send: SendMessage) -> None:
    """End the connection in the middle of an answer: ASGI knows no other way to drop it."""
    headers = [(b"content-length", b"64"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})


def _json(status: int, content: Any) -> Response:
    return Response(status, {"content-type": "application/json"}, msgspec.json.encode(content))


def _readable(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return body.decode("utf-8", "replace")
