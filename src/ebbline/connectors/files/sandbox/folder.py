"""What a folder does with a file, in memory; `contents` is shared with the object store."""

from __future__ import annotations

import gzip
from typing import Any
from urllib.parse import unquote, urlsplit

from ebbline.connectors.files.encode import METHOD
from ebbline.connectors.request import Request, Response


class Folder:
    """A `Vendor`: see `connectors.sandbox`. `files` are contents by path; `room` is how many
    bytes may still be written, None for as many as there are."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.room: int | None = None

    def answer(self, request: Request, now_ms: int) -> Response:
        """Write the file."""
        if request.method != METHOD:
            return self.refused(405, f"expected {METHOD}", now_ms)
        path = unquote(urlsplit(request.url).path)
        root = dict(request.headers).get("root", "")
        if ".." in path.split("/") or not path.startswith(root + "/"):
            return self.refused(403, "outside the folder", now_ms)
        if self.room is not None and len(request.body) > self.room:
            return self.refused(507, "No space left on device", now_ms)
        is_new = path not in self.files
        self.files[path] = request.body
        return Response(201 if is_new else 200, {}, b"")

    def refused(self, status: int, message: str, now_ms: int) -> Response:
        """An answer with that status and nothing done."""
        del now_ms
        return Response(status, {}, message.encode())

    def views(self, name: str, query: dict[str, str]) -> Any:
        """`files`: contents by path; of packed files what is in them."""
        del query
        return contents(self.files) if name == "files" else None

    def reset(self) -> None:
        """Forget everything."""
        self.files.clear()


def contents(files: dict[str, bytes]) -> dict[str, str]:
    """Files as text."""
    return {
        path: (gzip.decompress(body) if path.endswith(".gz") else body).decode()
        for path, body in sorted(files.items())
    }
