"""Who is in an audience: by pages, or as one stream."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Annotated

from fastapi import Query
from starlette.responses import Response, StreamingResponse

from ebbline.client.shapes import people as shapes
from ebbline.console.api.context import Api, Context
from ebbline.console.api.limits import ROWS_SHOWN, STREAM_ROWS
from ebbline.console.api.paging import read_cursor
from ebbline.console.api.parameters import At, Audience, Effective, Limit
from ebbline.console.api.routes import Routes
from ebbline.console.api.shaping import encode, instant, iso
from ebbline.hosts.embedded.reading import Member, Rules, members_then

routes = Routes("members")

Cursor = Annotated[str | None, Query(max_length=30, description="`next` of the page before")]
By = Annotated[
    Rules | None,
    Query(description="With `at`: by the definitions that were live then, or by those of now"),
]
HEADS = ("profile", "type", "identifier", "since", "effective")


@routes.get(
    "/v1/audiences/{audience}/members", scope="people:read", gives=shapes.Members,
    also=("not_found", "not_in_sql", "busy"),
)  # fmt: skip
def list_members(
    api: Api,
    audience: Audience,
    limit: Limit = ROWS_SHOWN,
    cursor: Cursor = None,
    effective: Effective = False,
    at: At = None,
    rules: By = None,
) -> shapes.Members:
    """The people of an audience, by pages.

    In the order of their profiles' numbers, so that a page's end is the same whatever changes
    meanwhile. With `at`: who was in it then, as it was known then.
    """
    after, at_ms = read_cursor(cursor), instant(at, "at")
    if at_ms is not None:
        return _then(api, audience, at_ms, rules, after, limit, effective=effective)
    with api.reader() as reader:
        now_ms = reader.now_ms()
        found = reader.members_after(audience, after, limit + 1, effective=effective)
    return _page(audience, now_ms, "state", found, limit)


@routes.get(
    "/v1/audiences/{audience}/members.ndjson", scope="people:read",
    gives={"type": "string", "description": "A Member as JSON on each line"},
    media="application/x-ndjson", also=("not_found",),
)  # fmt: skip
def stream_members(api: Api, audience: Audience, effective: Effective = False) -> Response:
    """Everybody in an audience as lines of JSON."""
    _known(api, audience)
    lines = _stream(api, audience, effective, lambda each: encode(_member(each)) + b"\n")
    return StreamingResponse(lines, media_type="application/x-ndjson")


@routes.get(
    "/v1/audiences/{audience}/members.csv", scope="people:read",
    gives={"type": "string", "description": "A header, then a person on each line"},
    media="text/csv", also=("not_found",),
)  # fmt: skip
def export_members(api: Api, audience: Audience, effective: Effective = False) -> Response:
    """Everybody in an audience as CSV."""
    _known(api, audience)

    def text() -> Iterator[bytes]:
        yield _row(HEADS)
        yield from _stream(api, audience, effective, _cells)

    headers = {"content-disposition": f'attachment; filename="{audience}.csv"'}
    return StreamingResponse(text(), media_type="text/csv", headers=headers)


def _stream(api: Context, audience: str, effective: bool,
            line: Callable[[Member], bytes]) -> Iterator[bytes]:  # fmt: skip
    """Chunk after chunk. No reader is held between two of them, however slow the client."""
    after = 0
    while True:
        with api.reader() as reader:
            found = reader.members_after(audience, after, STREAM_ROWS, effective=effective)
        yield b"".join(map(line, found))
        if len(found) < STREAM_ROWS:
            return
        after = found[-1].profile


def _known(api: Context, audience: str) -> None:
    """Refuse an audience that there is not before the first byte is sent."""
    with api.reader() as reader:
        reader.audience(audience)


def _then(api: Context, audience: str, at_ms: int, rules: Rules | None, after: int, limit: int,
          *, effective: bool) -> shapes.Members:  # fmt: skip
    with api.reader() as reader, api.heavy():
        told = members_then(reader, audience, at_ms, rules, effective=effective)
    left = tuple(each for each in told.members if each.profile > after)
    return _page(audience, at_ms, told.how, left[: limit + 1], limit)


def _page(audience: str, at_ms: int, how: str, found: tuple[Member, ...],
          limit: int) -> shapes.Members:  # fmt: skip
    more = len(found) > limit
    return shapes.Members(
        audience=audience, at=iso(at_ms), how=how,  # type: ignore[arg-type]
        members=[_member(each) for each in found[:limit]],
        next=str(found[limit - 1].profile) if more else None,
    )  # fmt: skip


def _member(each: Member) -> shapes.Member:
    return shapes.Member(
        profile=each.profile, type=each.type, identifier=each.identifier,
        since=iso(each.since_ms), effective=each.effective,
    )  # fmt: skip


def _cells(each: Member) -> bytes:
    return _row((
        str(each.profile), each.type, _plain(each.identifier), iso(each.since_ms) or "",
        "true" if each.effective else "false",
    ))  # fmt: skip


def _plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _row(cells: tuple[str, ...]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode()
