"""What comes in: sources, live events, and what was refused."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from fastapi import Header, Query
from starlette.responses import Response, StreamingResponse

from ebbline.client.shapes import system as shapes
from ebbline.console.api.context import Api, Context
from ebbline.console.api.limits import (
    FOLLOW_SECONDS,
    FOLLOW_SECONDS_MAX,
    HEAVY_RETRY_SECONDS,
    ID_MAX,
    ROWS_SHOWN,
)
from ebbline.console.api.parameters import Before, Limit, Number, Word
from ebbline.console.api.problems import Trip
from ebbline.console.api.routes import Routes
from ebbline.console.api.shaping import encode, iso
from ebbline.events.event import Event
from ebbline.events.planned import UNPLANNED, VIOLATION
from ebbline.hosts.embedded.quarantine import Refused
from ebbline.hosts.embedded.reading.refusals import list_refused, show_refused
from ebbline.hosts.embedded.reading.tail import Seen, Wanted, latest, watch

routes = Routes("events")

EVENT_STREAM = "text/event-stream"
PLAN_CODES = ("unplanned_event", "violation")
_SENT = {
    "type": "object",
    "description": "One of the server-sent events",
    "required": ["id", "data"],
    "properties": {
        "id": {"type": "string", "description": "The event's place, for last-event-id"},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {"$ref": "#/components/schemas/EventSeen"},
        },
    },
}
Flag = Annotated[
    str | None,
    Query(max_length=100, description="Only those that were mended or broke the tracking plan so",
          examples=["violation"]),
]  # fmt: skip


@routes.get("/v1/sources", scope="events:read", gives=shapes.Sources)
def list_sources(api: Api) -> shapes.Sources:
    """Where events come from, with their write keys."""
    with api.reader() as reader:
        found = reader.plan().sources
    return shapes.Sources(
        sources=[shapes.Source(name=each.name, write_key=each.write_key) for each in found]
    )


@routes.get("/v1/events", scope="events:read", gives=shapes.EventsSeen)
def latest_events(
    api: Api, limit: Limit = ROWS_SHOWN, name: Word = None, user: Word = None,
    source: Word = None, flag: Flag = None,
) -> shapes.EventsSeen:  # fmt: skip
    """The latest events, newest last.

    `flag=violation` shows those that broke the tracking plan and were let in all the same. It
    looks through the end of the log only.
    """
    with api.reader() as reader:
        folder = reader.folder
    found, offset = latest(folder, limit, _wanted(name, user, source, flag))
    return shapes.EventsSeen(events=[_seen(each) for each in found], offset=offset)


@routes.get(
    "/v1/events/live", scope="events:read", media=EVENT_STREAM, also=("busy",),
    gives=_SENT,
)  # fmt: skip
async def live_events(
    api: Api, name: Word = None, user: Word = None, source: Word = None, flag: Flag = None,
    seconds: Annotated[
        int, Query(ge=0, le=FOLLOW_SECONDS_MAX, description="End after so long")
    ] = FOLLOW_SECONDS,
    after: Annotated[
        int | None, Query(ge=0, le=ID_MAX, description="Begin behind this log entry; else now")
    ] = None,
    last_event_id: Annotated[
        str | None, Header(max_length=50, description="Where a connection before has ended")
    ] = None,
) -> Response:  # fmt: skip
    """Events as they come in, as server-sent events.

    Each has its place as its id, so a client that connects again misses nothing. A comment
    comes while nothing happens.
    """
    with api.reader() as reader:
        folder = reader.folder
    start = _place(last_event_id)
    if not api.followers.acquire(blocking=False):
        raise Trip(
            "busy", "As many are watching as there is room for.",
            retry_seconds=HEAVY_RETRY_SECONDS,
        )  # fmt: skip
    begin = after if start is None else max(0, start[0] - 1)
    looks = watch(folder, begin, seconds, _wanted(name, user, source, flag))
    return _Followed(_stream(looks, start), api)


@routes.get("/v1/violations", scope="events:read", gives=shapes.Violations)
def list_violations(api: Api, limit: Limit = ROWS_SHOWN) -> shapes.Violations:
    """What broke the tracking plan lately, let in or refused.

    Events that were let in all the same, at the end of the log, and refusals.
    """
    with api.reader() as reader:
        folder, counts = reader.folder, dict(reader.refused())
    found, _ = latest(folder, limit, lambda event: any(map(_broken, event.flags)))
    refused = [
        each
        for code in PLAN_CODES
        for each in list_refused(api.folder.path, code=code, limit=limit)
    ]
    newest = sorted(refused, key=lambda each: each.id, reverse=True)[:limit]
    return shapes.Violations(
        let_in=[_seen(each) for each in found],
        refused=[shapes.RefusedShown(**_refused(each)) for each in newest],
        counts={code: number for code, number in counts.items() if code in PLAN_CODES},
    )


def _broken(flag: str) -> bool:
    return flag.startswith((VIOLATION, UNPLANNED))


@routes.get("/v1/quarantine", scope="events:read", gives=shapes.Quarantine)
def list_quarantine(
    api: Api, code: Word = None, source: Word = None, before: Before = None,
    limit: Limit = ROWS_SHOWN,
) -> shapes.Quarantine:  # fmt: skip
    """What was refused on the way in, newest first."""
    path = api.folder.path
    found = list_refused(path, source=source, code=code, before=before, limit=limit)
    with api.reader() as reader:
        counts = dict(reader.refused())
    return shapes.Quarantine(
        refused=[shapes.RefusedShown(**_refused(each)) for each in found], counts=counts,
        older=found[-1].id if len(found) == limit else None,
    )  # fmt: skip


@routes.get(
    "/v1/quarantine/{number}", scope="events:read", gives=shapes.RefusedWhole, also=("not_found",)
)
def show_quarantined(api: Api, number: Number) -> shapes.RefusedWhole:
    """One refusal in full, with what was sent."""
    found = show_refused(api.folder.path, number)
    form, body = _body(found.body)
    return shapes.RefusedWhole(**_refused(found), form=form, body=body)


class _Followed(StreamingResponse):
    """A stream whose place is free again when it ends, however it does."""

    def __init__(self, stream: AsyncIterator[bytes], api: Context) -> None:
        super().__init__(stream, media_type=EVENT_STREAM, headers={"cache-control": "no-store"})
        self._api = api

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send it, then let go."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._api.followers.release()


async def _stream(
    looks: AsyncIterator[list[Seen]], start: tuple[int, int] | None
) -> AsyncIterator[bytes]:
    yield b": following\n\n"
    quiet = 0
    async for found in looks:
        lines = [
            b"id: %d:%d\ndata: %s\n\n" % (each.offset, each.position, encode(_seen(each)))
            for each in found
            if start is None or (each.offset, each.position) > start
        ]
        quiet = 0 if lines else quiet + 1
        if lines:
            yield b"".join(lines)
        elif quiet % _LOOKS_A_COMMENT == 0:
            yield b": quiet\n\n"


_LOOKS_A_COMMENT = 60  # looks without an event after which a comment shows that the line lives


def _place(text: str | None) -> tuple[int, int] | None:
    """Where a connection before has ended; a Trip for what is no place."""
    if text is None:
        return None
    parts = text.split(":")
    good = len(parts) == 2 and all(each.isascii() and each.isdecimal() for each in parts)
    if not good or max(map(int, parts)) > ID_MAX:
        raise Trip("invalid", f'last-event-id: "{text}" is no id of an event.')
    return int(parts[0]), int(parts[1])


def _wanted(name: str | None, user: str | None, source: str | None, flag: str | None) -> Wanted:
    def wanted(event: Event) -> bool:
        return (
            (name is None or event.name == name)
            and (user is None or user in (event.user_id, event.anonymous_id))
            and (source is None or event.source == source)
            and (flag is None or any(each.startswith(flag) for each in event.flags))
        )

    return wanted


def _seen(each: Seen) -> shapes.EventSeen:
    event = each.event
    return shapes.EventSeen(
        id=f"{each.offset}:{each.position}", at=iso(event.time_ms), known=iso(each.known_ms),
        type=event.type, name=event.name, source=event.source, message_id=event.message_id,
        user_id=event.user_id, anonymous_id=event.anonymous_id, group_id=event.group_id,
        flags=list(event.flags), properties=event.properties, traits=event.traits,
        context=event.context,
    )  # fmt: skip


def _refused(each: Refused) -> dict[str, Any]:
    return {"id": each.id, "at": iso(each.received_ms), "source": each.source, "code": each.code,
            "message": each.message, "where": each.where}  # fmt: skip


def _body(body: bytes) -> tuple[Any, Any]:
    """What was sent: the JSON value, else the text, else base64; and which of them."""
    try:
        return "json", msgspec.json.decode(body)
    except (ValueError, RecursionError):
        pass
    try:
        return "text", body.decode()
    except UnicodeDecodeError:
        return "base64", base64.b64encode(body).decode()
