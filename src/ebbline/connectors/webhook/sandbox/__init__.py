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
    requests: int = 1_000,
    window_ms: int = 1_000,
) -> SandboxApp:
    """An ASGI app that takes POST on every path; without a secret it verifies nothing."""
    return SandboxApp(Receiver(secret, requests=requests, window_ms=window_ms), now_ms, sleep)


__all__ = ["Receiver", "webhook_sandbox"]
