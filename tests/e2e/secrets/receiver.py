"""A receiver that repeats the key it was sent, in every form, in the body of its refusals."""

from __future__ import annotations

import base64
import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import quote, quote_plus

HEADER = "X-Key"


class Receiver:
    """Serves on a free port; `with` starts and ends it. `status` is what it answers, `keys`
    which keys it takes (any as long as there are none)."""

    def __init__(self) -> None:
        self.status = 200
        self.keys: set[str] = set()
        self.answers: Counter[tuple[str, str, int]] = Counter()  # by path, key and status
        self.held: dict[tuple[str, str], bool] = {}  # by path and person: the latest value
        self.said = bytearray()  # every byte of every answer
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = receiver.take(self.path, self.headers[HEADER], json.loads(body))
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.send_header("X-Seen", quote(self.headers[HEADER]))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                """Nothing: the test reads what the system says."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        """Serve."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._server.shutdown()
        self._server.server_close()

    def take(self, path: str, key: str, change: dict[str, Any]) -> tuple[int, bytes]:
        """One request's status and answer."""
        with self._lock:
            status = self.status if not self.keys or key in self.keys else 401
            self.answers[path, key, status] += 1
            if status == 200:
                data = change["data"]
                self.held[path, data["person"]["value"]] = data["member"]
                return status, b"{}"
            answer = refusal(key)
            self.said += answer
            return status, answer


def refusal(key: str) -> bytes:
    """What a careless service writes."""
    content = key.encode()
    words = {
        "message": f"the key {key} is refused",
        "authorization": "Basic " + base64.b64encode(b"user:" + content).decode(),
        "encoded": base64.b64encode(content).decode(),
        "link": f"https://help.example/?token={quote(key, safe='')}&form={quote_plus(key)}",
        "request": json.dumps({"headers": {HEADER: key}}),
    }
    return json.dumps(words).encode()
