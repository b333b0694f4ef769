"""One transport for all destinations: it looks at a request's address and passes it on.

A request to nowhere (`none:`) is one a connector could not make; it is answered here, 204 where
there was nothing to say and else 422 with the connector's reason.
"""

from __future__ import annotations

from pathlib import Path

from ebbline.connectors import Request, Response, Result
from ebbline.delivery import Limits
from ebbline.hosts.embedded.deliver.guard import Guard
from ebbline.hosts.embedded.deliver.transport import HttpTransport, Transport
from ebbline.hosts.embedded.deliver.transports.file import FileTransport
from ebbline.hosts.embedded.deliver.transports.sql import SqlTransport

_NOWHERE = "none"


class Router:
    """A `Transport`. `others` are by the scheme of the addresses they take."""

    def __init__(self, http: Transport, others: dict[str, Transport]) -> None:
        self._http = http
        self._others = others

    async def send(self, request: Request, limits: Limits) -> Result:
        """See `Transport`."""
        scheme = request.url.partition(":")[0].lower()
        if scheme == _NOWHERE:
            return Response(422 if request.body else 204, {}, request.body)
        return await self._others.get(scheme, self._http).send(request, limits)

    async def close(self) -> None:
        """See `Transport`."""
        for transport in (self._http, *self._others.values()):
            await transport.close()


def every_way(guard: Guard, data: Path) -> Router:
    """HTTP, PostgreSQL and files, all as far as the guard allows; no file goes into the running
    system's own folder `data`."""
    others: dict[str, Transport] = {
        "postgresql": SqlTransport(guard),
        "file": FileTransport([data]),
    }
    return Router(HttpTransport(guard), others)
