"""A local Braze that answers /users/track by the documented contract, errors and limits too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ebbline.connectors.braze.sandbox.workspace import Workspace
from ebbline.connectors.sandbox import SandboxApp

DEFAULT_KEY = "sandbox-key"


def braze_sandbox(
    now_ms: Callable[[], int],
    sleep: Callable[[float], Awaitable[None]],
    *,
    key: str = DEFAULT_KEY,
    objects_max: int = 75,
    requests: int = 3_000,
    window_ms: int = 3_000,
) -> SandboxApp:
    """An ASGI app; `objects_max` is 50 or 75 by the contract that is being played."""
    workspace = Workspace(key, objects_max=objects_max, requests=requests, window_ms=window_ms)
    return SandboxApp(workspace, now_ms, sleep)


__all__ = ["DEFAULT_KEY", "Workspace", "braze_sandbox"]
