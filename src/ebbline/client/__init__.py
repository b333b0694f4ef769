"""A typed client of the management API: `ebbline.Client`, and `ebbline.AsyncClient` for asyncio.

It needs nothing of the rest of the package. The methods are written by `tools/client.py` from
the OpenAPI document; what they give are the records in `shapes`. Who only wants those loads no
HTTP library.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ebbline.client.problem import ApiError
    from ebbline.client.sync import Client
    from ebbline.client.waiting import AsyncClient

__all__ = ["ApiError", "AsyncClient", "Client"]

_WHERE = {"ApiError": "problem", "AsyncClient": "waiting", "Client": "sync"}


def __getattr__(name: str) -> Any:
    """One of the names above, loaded when it is first asked for."""
    if name not in _WHERE:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
