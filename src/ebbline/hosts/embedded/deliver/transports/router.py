"""One transport for all destinations: it looks at a request's address and passes it on.

A request to nowhere (`none:`) is one a connector could not make; it is answered here, 204 where
there was nothing to say and else 422 with the connector's reason.
"""

from __future__ import annotations

from ebbline.connectors import Request, Response, Result
from ebbline.delivery import Limits
from ebbline.hosts.embedded.deliver.transport import Transport

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
