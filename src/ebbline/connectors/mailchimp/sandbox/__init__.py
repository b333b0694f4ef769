"""A local Mailchimp by the documented contract: contacts, tags, merge fields, errors, limits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ebbline.connectors.mailchimp.sandbox.account import Account
from ebbline.connectors.sandbox import SandboxApp

DEFAULT_KEY = "0123456789abcdef0123456789abcdef-us21"
DEFAULT_LIST = "4ca5becb8d"


def mailchimp_sandbox(
    now_ms: Callable[[], int],
    sleep: Callable[[float], Awaitable[None]],
    *,
    key: str = DEFAULT_KEY,
    list_id: str = DEFAULT_LIST,
    busy_ms: int = 0,
) -> SandboxApp:
    """An ASGI app; `busy_ms` is how long a request keeps one of the 10 connections."""
    return SandboxApp(Account(key, list_id, busy_ms=busy_ms), now_ms, sleep)


__all__ = ["DEFAULT_KEY", "DEFAULT_LIST", "Account", "mailchimp_sandbox"]
