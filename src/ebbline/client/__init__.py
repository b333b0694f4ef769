"""A typed client of the management API: `ebbline.Client`, and `ebbline.AsyncClient` for asyncio.

It needs nothing of the rest of the package. The methods are written by `tools/client.py` from
the OpenAPI document; what they give are the records in `shapes`.
"""

from ebbline.client.problem import ApiError
from ebbline.client.sync import Client
from ebbline.client.waiting import AsyncClient

__all__ = ["ApiError", "AsyncClient", "Client"]
