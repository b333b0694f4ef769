"""Keys, and who changed what."""

from __future__ import annotations

from typing import Annotated

from ebbline.client.shapes import access as shapes
from ebbline.console.api.context import Api, Caller
from ebbline.console.api.limits import ROWS_SHOWN
from ebbline.console.api.parameters import Before, Limit, Number
from ebbline.console.api.problems import Trip
from ebbline.console.api.routes import Routes, posted
from ebbline.console.api.shaping import instant, iso
from ebbline.hosts.embedded.access import Key, scopes_of
from ebbline.hosts.embedded.access.limits import UNITS_A_SECOND

routes = Routes("access")


@routes.get("/v1/keys", scope="keys:manage", gives=shapes.Keys)
def list_keys(api: Api) -> shapes.Keys:
    """Every key there ever was, never its text."""
    return shapes.Keys(keys=[shown(each) for each in api.access.every_key()])


@routes.post(
    "/v1/keys", scope="keys:manage", takes=shapes.KeyWanted, gives=shapes.KeyMade,
    also=("refused",), status=201,
)  # fmt: skip
def create_key(
    api: Api, caller: Caller, body: Annotated[shapes.KeyWanted, posted(shapes.KeyWanted)]
) -> shapes.KeyMade:
    """Make a key.

    Its text is shown here and never again. A key cannot make one that may more than itself.
    """
    if not scopes_of(body.role, body.scopes) <= caller.scopes:
        raise Trip("forbidden", "A key cannot make another that may more than itself.")
    made = api.access.make(
        body.name, body.role, api.clock.now_ms(), caller.name, only=body.scopes,
        units=body.units_a_second, expires_ms=instant(body.expires, "body.expires"),
    )  # fmt: skip
    return shapes.KeyMade(key=shown(made.key), text=made.text)


@routes.delete(
    "/v1/keys/{number}", scope="keys:manage", gives=shapes.KeyShown, also=("not_found", "refused")
)
def revoke_key(api: Api, number: Number) -> shapes.KeyShown:
    """End a key for good. The last owner's key stays."""
    return shown(api.access.revoke(number, api.clock.now_ms()))


@routes.get("/v1/audit", scope="audit:read", gives=shapes.Changes)
def list_changes(api: Api, before: Before = None, limit: Limit = ROWS_SHOWN) -> shapes.Changes:
    """Who changed what and when, newest first.

    By the API, and keys by the command line. Nothing is ever taken out of it.
    """
    found = api.access.changes(before, limit)
    return shapes.Changes(
        changes=[
            shapes.ChangeMade(seq=each.seq, at=iso(each.at_ms) or "", who=each.who, key=each.key,
                              action=each.action, target=each.target, detail=each.detail)
            for each in found
        ],
        older=found[-1].seq if len(found) == limit else None,
    )  # fmt: skip


def shown(key: Key) -> shapes.KeyShown:
    """A key as it is listed."""
    return shapes.KeyShown(
        id=key.id, name=key.name, role=key.role,  # type: ignore[arg-type]
        scopes=sorted(key.scopes), shown=key.shown, units_a_second=key.units or UNITS_A_SECOND,
        created=iso(key.created_ms) or "", created_by=key.created_by,
        expires=iso(key.expires_ms), revoked=iso(key.revoked_ms),
    )  # fmt: skip
