"""What people decide by hand about other people: merge, unmerge, memberships by hand."""

from __future__ import annotations

from typing import Annotated

from ebbline.client.shapes import people as shapes
from ebbline.console.api.context import Api, Caller
from ebbline.console.api.limits import OUTCOME_WAIT_MS
from ebbline.console.api.problems import Trip
from ebbline.console.api.routes import Routes, posted
from ebbline.console.api.shaping import instant
from ebbline.errors import Refused
from ebbline.hosts.embedded import commands
from ebbline.hosts.embedded.access import Key
from ebbline.hosts.embedded.deciding import merge_of, unmerge_of
from ebbline.hosts.embedded.reading import Reader
from ebbline.profiles.commands import ClearOverride, Command, Override

routes = Routes("decisions")
_ALSO = ("not_found", "refused")


@routes.post(
    "/v1/merge", scope="people:write", takes=shapes.Merge, gives=shapes.Decided, also=_ALSO
)
def merge(
    api: Api, caller: Caller, body: Annotated[shapes.Merge, posted(shapes.Merge)]
) -> shapes.Decided:
    """Make two people one.

    Whatever limits say. The stronger identifier, then the older wins.
    """
    with api.reader() as reader:
        return _order(
            reader, merge_of(reader, body.one, body.other, _signed("merge", caller, body))
        )


@routes.post(
    "/v1/unmerge", scope="people:write", takes=shapes.Unmerge, gives=shapes.Decided, also=_ALSO
)
def unmerge(
    api: Api, caller: Caller, body: Annotated[shapes.Unmerge, posted(shapes.Unmerge)]
) -> shapes.Decided:
    """Undo a merge.

    Both people are as if it had never been, here and at every destination.
    """
    if (body.identifiers and body.cause) or (body.keep and not body.identifiers):
        raise Trip(
            "invalid", "Name either a `cause`, or `identifiers` and what to `keep` them from."
        )
    with api.reader() as reader:
        command, _ = unmerge_of(
            reader, body.user, body.cause, body.identifiers, body.keep,
            _signed("unmerge", caller, body),
        )  # fmt: skip
        return _order(reader, command)


@routes.post(
    "/v1/overrides", scope="people:write", takes=shapes.Override, gives=shapes.Decided, also=_ALSO
)
def set_override(
    api: Api, caller: Caller, body: Annotated[shapes.Override, posted(shapes.Override)]
) -> shapes.Decided:
    """Put somebody into an audience, or keep somebody out, whatever its rule says."""
    until_ms = instant(body.until, "body.until")
    with api.reader() as reader:
        pair, _ = reader.named(body.user)
        command = Override(
            person=pair, audience=reader.audience(body.audience), inside=body.inside,
            until_ms=until_ms, **_signed("override", caller, body),
        )  # fmt: skip
        return _order(reader, command)


@routes.post(
    "/v1/overrides/clear", scope="people:write", takes=shapes.ClearOverride,
    gives=shapes.Decided, also=_ALSO,
)  # fmt: skip
def clear_override(
    api: Api, caller: Caller, body: Annotated[shapes.ClearOverride, posted(shapes.ClearOverride)]
) -> shapes.Decided:
    """Let an audience's rule decide again about somebody."""
    with api.reader() as reader:
        pair, _ = reader.named(body.user)
        command = ClearOverride(
            person=pair, audience=reader.audience(body.audience),
            **_signed("clear", caller, body),
        )  # fmt: skip
        return _order(reader, command)


def _signed(verb: str, caller: Key, body: object) -> dict[str, str]:
    reason: str = getattr(body, "reason", "")
    return {"id": commands.new_id(verb), "who": caller.name, "reason": reason}


def _order(reader: Reader, command: Command) -> shapes.Decided:
    """Write it down; what came of it, if the engine is there. Refused when nothing was done."""
    offset = commands.append(reader.folder, command)
    came = commands.outcome(reader.folder, offset, OUTCOME_WAIT_MS if reader.running() else 0)
    if came not in (None, "done"):
        raise Refused(f"Nothing was done: {came}.")
    return shapes.Decided(id=command.id, log_offset=offset, outcome=came)
