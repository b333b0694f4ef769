"""A local receiver of webhooks as Standard Webhooks wants it: verifies, drops repeats, applies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ebbline.connectors.sandbox import SandboxApp
from ebbline.connectors.webhook.sandbox.receiver import Receiver


def webhook_sandbox(
    now_ms: Callable[[], int],
    sleep: Callable[[float], Awaitable[None]],
    *,
    secret: str | None = None,
    shared_secret: str | None = None,
    requests: int = 1_000,
    window_ms: int = 1_000,
    any_body: bool = False,
) -> SandboxApp:
    """An ASGI app that takes POST, PUT and PATCH on every path. It checks the signature of
    Standard Webhooks with `secret` and that of Segment with `shared_secret`; without either it
    verifies nothing. `any_body` is for destinations with a body of their own making."""
    receiver = Receiver(
        secret, shared_secret, requests=requests, window_ms=window_ms, any_body=any_body
    )
    return SandboxApp(receiver, now_ms, sleep)


__all__ = ["Receiver", "webhook_sandbox"]
