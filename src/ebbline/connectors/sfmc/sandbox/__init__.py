"""A local Marketing Cloud by the documented contract: tokens, rows, journeys, errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ebbline.connectors.sandbox import SandboxApp
from ebbline.connectors.sfmc.sandbox.tenant import Tenant

DEFAULT_CLIENT = "sandbox-client"
DEFAULT_SECRET = "sandbox-secret"  # noqa: S105 - it opens nothing
DEFAULT_EXTENSION = "Audiences"


def sfmc_sandbox(
    now_ms: Callable[[], int],
    sleep: Callable[[float], Awaitable[None]],
    *,
    client_id: str = DEFAULT_CLIENT,
    client_secret: str = DEFAULT_SECRET,
    extension: str = DEFAULT_EXTENSION,
    rows_max: int = 50,
    requests: int = 100,
) -> SandboxApp:
    """An ASGI app for both hosts; `requests` are those it takes in a second."""
    tenant = Tenant(client_id, client_secret, extension, rows_max=rows_max, requests=requests)
    return SandboxApp(tenant, now_ms, sleep)


__all__ = ["DEFAULT_CLIENT", "DEFAULT_EXTENSION", "DEFAULT_SECRET", "Tenant", "sfmc_sandbox"]
