"""Requests as any HTTP client makes them, with nothing retried and nothing hidden."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Mapping
from typing import Any

WRITE_KEY = "the-key"
SECONDS_MAX = 20.0


class Answer:
    """What came back."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


class Door:
    """A server on this machine. `keep` reuses one connection, opened again whenever it broke;
    without it each request has its own. Belongs to one thread."""

    def __init__(self, port: int, *, keep: bool = False) -> None:
        self.port = port
        self._keep = keep
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, body: bytes | None = None,
            headers: Mapping[str, str] | None = None) -> Answer:  # fmt: skip
        """One request; raises OSError or HTTPException when no whole answer came."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=SECONDS_MAX
            )
        try:
            self._connection.request(method, path, body, dict(headers or {}))
            response = self._connection.getresponse()
            answer = Answer(response)
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if response.will_close or not self._keep:
            self.close()
        return answer

    def post(self, path: str, content: Any, key: str = WRITE_KEY,
             headers: Mapping[str, str] | None = None) -> Answer:  # fmt: skip
        """Events: bytes as they are, anything else as JSON."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        login = base64.b64encode(f"{key}:".encode()).decode()
        own = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
        return self.ask("POST", path, body, own | dict(headers or {}))

    def close(self) -> None:
        """Hang up; the next request connects again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
