"""Asking a sandbox without a network, on a clock that stands until it is moved."""

from __future__ import annotations

import msgspec


class Door:
    """Calls an ASGI app; `slept` lists how long the app has waited."""

    def __init__(self, make, **options):
        self.now_ms = 1_767_225_600_000
        self.slept = []
        self.app = make(lambda: self.now_ms, self.sleep, **options)

    async def sleep(self, seconds):
        self.now_ms += round(seconds * 1000)
        self.slept.append(seconds)

    async def ask(self, method, path, content=None, **headers):
        """(status, headers, body as JSON); status 0 when the connection was dropped."""
        body = content if isinstance(content, bytes) else msgspec.json.encode(content)
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        parts = iter([{"type": "http.request", "body": body, "more_body": False}])
        told = []

        async def receive():
            return next(parts)

        async def send(message):
            told.append(message)

        await self.app(scope, receive, send)
        if told[-1].get("more_body"):
            return 0, {}, None
        answer = {name.decode(): value.decode() for name, value in told[0]["headers"]}
        said = told[1]["body"]
        return told[0]["status"], answer, msgspec.json.decode(said) if said else None
