"""A local HubSpot that answers the CRM calls we make by the documented contract."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from ebbline.connectors.hubspot.sandbox.portal import ALL_SCOPES, Portal
from ebbline.connectors.sandbox import SandboxApp

DEFAULT_TOKEN = "pat-na1-sandbox"  # noqa: S105 - it opens a sandbox


def hubspot_sandbox(
    now_ms: Callable[[], int],
    sleep: Callable[[float], Awaitable[None]],
    *,
    token: str = DEFAULT_TOKEN,
    scopes: frozenset[str] = ALL_SCOPES,
    requests: int = 100,
    requests_a_day: int = 250_000,
    events: Mapping[str, frozenset[str]] | None = None,
) -> SandboxApp:
    """An ASGI app; `requests` are those of ten seconds, by the plan that is being played;
    `events` are defined, with their properties."""
    portal = Portal(
        token, scopes=scopes, requests=requests, requests_a_day=requests_a_day, events=events
    )
    return SandboxApp(portal, now_ms, sleep)


__all__ = ["ALL_SCOPES", "DEFAULT_TOKEN", "Portal", "hubspot_sandbox"]
