"""Ebbline keeps audiences true at every moment: events in, exact memberships out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ebbline.client import ApiError, AsyncClient, Client

__version__ = "0.1.0"
__all__ = ["ApiError", "AsyncClient", "Client", "__version__"]


def __getattr__(name: str) -> Any:
    """The clients of the management API, loaded when they are first asked for."""
    if name in ("ApiError", "AsyncClient", "Client"):
        from ebbline import client  # noqa: PLC0415 - `--help` needs none of it

        return getattr(client, name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
