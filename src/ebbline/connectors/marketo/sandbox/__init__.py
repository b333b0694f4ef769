"""A local Marketo that answers the REST calls we make by the documented contract."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from ebbline.connectors.marketo.sandbox.instance import Instance
from ebbline.connectors.sandbox import SandboxApp

DEFAULT_ID = "sandbox-client"
DEFAULT_SECRET = "sandbox-secret"  # noqa: S105 - it opens a sandbox


def marketo_sandbox(
    now_ms: Callable[[], int],
    sleep: Callable[[float], Awaitable[None]],
    *,
    client_id: str = DEFAULT_ID,
    client_secret: str = DEFAULT_SECRET,
    fields: Mapping[str, str] | None = None,
    campaigns: Mapping[int, str] | None = None,
    requests: int = 100,
    requests_a_day: int = 50_000,
) -> SandboxApp:
    """An ASGI app; `requests` are those of twenty seconds. `fields` (with their types) and
    `campaigns` are there from the beginning, made by hand."""
    instance = Instance(
        client_id, client_secret, fields=fields, campaigns=campaigns, requests=requests,
        requests_a_day=requests_a_day,
    )  # fmt: skip
    return SandboxApp(instance, now_ms, sleep)


__all__ = ["DEFAULT_ID", "DEFAULT_SECRET", "Instance", "marketo_sandbox"]
