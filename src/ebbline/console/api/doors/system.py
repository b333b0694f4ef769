"""How the system stands, and who is asking."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from ebbline.client.shapes.access import Me
from ebbline.client.shapes.system import LogStanding, StateStanding, Status
from ebbline.console.api.context import Api, Caller
from ebbline.console.api.doors.changes import build_of
from ebbline.console.api.routes import Routes
from ebbline.console.api.shaping import iso, since
from ebbline.hosts.embedded.access.limits import UNITS_A_SECOND
from ebbline.hosts.embedded.builder import read_progress

routes = Routes("system")


@routes.get("/v1/me", scope="status:read", gives=Me)
def me(caller: Caller) -> Me:
    """The key that asks.

    Its role, its scopes, and how many units a second it may use: a membership costs 1, other
    requests 10, heavy ones 500.
    """
    return Me(
        key=caller.id, name=caller.name, role=caller.role,  # type: ignore[arg-type]
        scopes=sorted(caller.scopes), units_a_second=caller.units or UNITS_A_SECOND,
    )  # fmt: skip


@routes.get("/v1/openapi.json", scope="status:read", gives={"type": "object"})
def openapi(request: Request) -> Any:
    """This document."""
    return request.app.state.document


@routes.get("/v1/status", scope="status:read", gives=Status)
def status(api: Api) -> Status:
    """How the folder stands.

    Whether a system runs on it, how far it has got, and how much there is.
    """
    with api.reader() as reader:
        found, known, refused = reader.status(), reader.versions(), reader.refused()
        progress, name = read_progress(reader.folder), reader.plan().name
    return Status(
        project=name, running=found.running, now=since(found.now_ms),
        log=LogStanding(offset=found.log_offset, at=since(found.log_now_ms),
                        bytes=found.log_bytes),
        state=StateStanding(offset=found.state_offset, at=since(found.state_now_ms),
                            behind=found.behind, bytes=found.state_bytes),
        profiles=found.profiles, identifiers=found.identifiers, memberships=found.members,
        ledger=found.ledger, figures=found.figures, refused=dict(refused),
        next_due=iso(found.next_due_ms),
        live_version=None if known.live is None else known.live.number,
        build=build_of(known, progress),
    )  # fmt: skip
