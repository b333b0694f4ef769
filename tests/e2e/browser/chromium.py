"""Debian's chromium, the library from npm, and pages of another origin than the system's."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

HERE = Path(__file__).parent
PACKAGE = HERE / "node_modules" / "@segment" / "analytics-next"
# Nothing is fetched by the browser itself: it has no network but this machine.
OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip


def chromium() -> str:
    """Where it is; these tests cannot do without it."""
    found = shutil.which("chromium")
    assert found is not None, "a real browser is driven: install Debian's package chromium"
    return found


def install_library() -> Path:
    """Let npm fetch the library, when that has not been done; one test process at a time."""
    npm = shutil.which("npm")
    assert npm is not None, "the browser library comes from npm: install node and npm"
    with (HERE / "package.json").open() as manifest:
        fcntl.flock(manifest, fcntl.LOCK_EX)
        if not (PACKAGE / "dist" / "umd" / "standalone.js").is_file():
            options = ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
            done = subprocess.run(
                [npm, "install", *options, "--loglevel", "error"],
                cwd=HERE, capture_output=True, text=True, timeout=300, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr
    return PACKAGE


class Pages:
    """A website: each path answers with what `html` says for it."""

    def __init__(self, html: Callable[[str], str]) -> None:
        pages = self

        class Handler(BaseHTTPRequestHandler):
            """One request."""

            def do_GET(self) -> None:
                """The page, or an empty one for what browsers ask by themselves."""
                body = pages.html(self.path).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Not to stderr."""

        self.html = html
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        # A name of its own: browsers take 127.0.0.1 and localhost for two sites.
        self.url = f"http://localhost:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Serve."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
