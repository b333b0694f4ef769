"""A local Braze by the documented contract: endpoints, errors, limits and permissions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping

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
    keys: Mapping[str, Collection[str]] | None = None,
    canvases: Collection[str] | None = None,
) -> SandboxApp:
    """An ASGI app; `objects_max` is 50 or 75 by the contract that is being played. `keys` are
    further keys with their permissions, `canvases` the Canvases that exist (None: any)."""
    workspace = Workspace(
        key,
        objects_max=objects_max,
        requests=requests,
        window_ms=window_ms,
        keys=keys,
        canvases=canvases,
    )
    return SandboxApp(workspace, now_ms, sleep)


__all__ = ["DEFAULT_KEY", "Workspace", "braze_sandbox"]
