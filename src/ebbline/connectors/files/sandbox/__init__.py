"""A folder in memory: it takes files, and can be read back by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ebbline.connectors.files.sandbox.folder import Folder
from ebbline.connectors.sandbox import SandboxApp


def files_sandbox(
    now_ms: Callable[[], int], sleep: Callable[[float], Awaitable[None]]
) -> SandboxApp:
    """An ASGI app that takes the method WRITE on every path."""
    return SandboxApp(Folder(), now_ms, sleep)


__all__ = ["Folder", "files_sandbox"]
