"""One person: who they are, what they did, which audiences they are in and why."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from ebbline.client.shapes import people as shapes
from ebbline.console.api.context import Api
from ebbline.console.api.limits import EVENTS_MAX, ID_MAX, ROWS_SHOWN
from ebbline.console.api.parameters import At, AudienceAsked, Limit, User
from ebbline.console.api.problems import Trip
from ebbline.console.api.routes import Routes, posted
from ebbline.console.api.shaping import instant, iso, values
from ebbline.engine.explain import Explanation
from ebbline.engine.explain import explain as explain_rule
from ebbline.hosts.embedded.history import History, place_text, read_place
from ebbline.hosts.embedded.reading import Membership, Reader, suppose
from ebbline.hosts.embedded.reading.records import Told

routes = Routes("people")


@routes.get("/v1/profile", scope="people:read", gives=shapes.Profile, also=("not_found", "busy"))
def show_profile(api: Api, user: User, at: At = None) -> shapes.Profile:
    """One person: identifiers, traits, audiences.

    At an instant in the past, as it was known then.
    """
    with api.looking(instant(at, "at")) as (reader, now_ms):
        person = reader.person(reader.find(user), now_ms)
        kinds = {trait.name: trait.type for trait in reader.plan().traits}
    return shapes.Profile(
        profile=person.profile, at=iso(person.now_ms),
        identifiers=[_identifier(each) for each in person.identifiers],
        traits=[
            shapes.TraitSent(name=each.name, value=each.value, at=iso(each.at_ms),
                             message_id=each.message_id)
            for each in person.sent
        ],
        computed=values(person.computed, kinds),
        audiences=[membership_of(each) for each in person.memberships],
        next_change=iso(person.wake_ms),
    )  # fmt: skip


@routes.get("/v1/profile/timeline", scope="people:read", gives=shapes.Timeline, also=("not_found",))
def profile_timeline(
    api: Api,
    user: User,
    limit: Annotated[int, Query(ge=1, le=EVENTS_MAX, description="At most so many")] = 50,
    before: Annotated[
        str | None, Query(max_length=2_000, description="`older` of the page before")
    ] = None,
) -> shapes.Timeline:
    """A person's events, newest first, in order of time."""
    place = None if before is None else read_place(before)
    if before is not None and place is None:
        raise Trip("invalid", f'before: "{before}" is no place; copy it from `older` of a page.')
    with api.reader() as reader:
        number, folder = reader.find(user), reader.folder
    with History(folder) as history:
        page = history.timeline(number, limit=limit, before=place)
    return shapes.Timeline(
        profile=number, events=[_happened(row) for row in page.rows],
        older=None if page.older is None else place_text(page.older),
    )  # fmt: skip


@routes.get(
    "/v1/profile/explain", scope="people:read", gives=shapes.Explained, also=("not_found", "busy")
)
def explain(api: Api, user: User, audience: AudienceAsked, at: At = None) -> shapes.Explained:
    """Why a person is in an audience or not, since when and until when."""
    with api.looking(instant(at, "at")) as (reader, now_ms):
        name, number = reader.audience(audience), reader.find(user)
        profile = reader.profile(number)
        found = explain_rule(reader.tables, profile, name, now_ms)
        turns = found.until_ms is not None and (
            explain_rule(reader.tables, profile, name, found.until_ms).member != found.member
        )
        last = reader.last_change(number, name, inside=found.member)
        event = None if last is None else reader.cause(last)
    return explained(
        number, found, now_ms, turns=turns, last=last, cause=event.name if event else None
    )


@routes.post(
    "/v1/profile/explain", scope="people:read", takes=shapes.Suppose, gives=shapes.Explained,
    also=("not_found", "refused", "busy"), records=False,
)  # fmt: skip
def suppose_calls(
    api: Api, body: Annotated[shapes.Suppose, posted(shapes.Suppose)]
) -> shapes.Explained:
    """What would become of a person if calls came.

    The real parser, identity and engine on a copy in memory; nothing is stored.
    """
    with api.looking(instant(body.at, "body.at")) as (reader, now_ms):
        return _supposed(reader, body, now_ms)


def _supposed(reader: Reader, body: shapes.Suppose, now_ms: int) -> shapes.Explained:
    name, number = reader.audience(body.audience), reader.find(body.user)
    told, tables = suppose(reader, number, body.calls, now_ms), reader.tables
    was = explain_rule(tables, told.before, name, now_ms)
    found = explain_rule(tables, told.after, name, told.at_ms)
    turns = found.until_ms is not None and (
        explain_rule(tables, told.after, name, found.until_ms).member != found.member
    )
    answer = explained(number, found, told.at_ms, turns=turns, last=None, cause=None)
    before = {(line.depth, line.text): line.truth for line in was.lines}
    supposed = shapes.Supposition(
        was_member=was.member, merges=told.merges,
        changes=[
            shapes.ChangeToCome(kind=kind, definition=definition, at=iso(at_ms))
            for kind, definition, at_ms in told.changes
        ],
    )  # fmt: skip
    lines = [
        msgspec.structs.replace(line, was=before.get((line.depth, line.text)))
        for line in answer.lines
    ]
    return msgspec.structs.replace(answer, lines=lines, supposed=supposed)


@routes.get("/v1/profile/identity", scope="people:read", gives=shapes.Identity, also=("not_found",))
def profile_identity(api: Api, user: User) -> shapes.Identity:
    """What made somebody one person.

    Identifiers, merges, what was parted by hand, what protection kept out, and decisions.
    """
    with api.reader() as reader:
        found = reader.identity(reader.find(user))
    return shapes.Identity(
        profile=found.profile,
        identifiers=[_identifier(each) for each in found.identifiers],
        merges=[
            shapes.Merged(
                at=iso(one.at_ms), cause=one.cause, winner=one.winner,
                winner_anchor=":".join(one.winner_anchor), loser=one.loser,
                loser_anchor=":".join(one.loser_anchor), undone_by=each.undone_by or None,
            )
            for each in found.merges for one in [each.merging]
        ],
        parted=[
            shapes.Apart(identifier=":".join(each.mine), other=":".join(each.other),
                         log_offset=each.log_offset)
            for each in found.parted
        ],
        kept_out=[
            shapes.KeptOut(type=each.type, value=each.value, reason=each.reason, times=each.times,
                           first=iso(each.first_ms), last=iso(each.last_ms),
                           message_id=each.first_message_id)
            for each in found.dropped
        ],
        commands=[
            shapes.Commanded(
                at=iso(each.at_ms), log_offset=each.log_offset, outcome=each.outcome,
                command=None if each.command is None else msgspec.to_builtins(each.command),
            )
            for each in found.commands
        ],
    )  # fmt: skip


@routes.get(
    "/v1/memberships", scope="memberships:read", gives=shapes.Memberships, also=("not_found",)
)
async def memberships(api: Api, request: Request, user: User) -> Response:
    """One person's audiences, quickly.

    For personalisation: answers are kept, and forgotten with the engine's commit that changes
    them, so none is older than the state.
    """
    found = api.memberships.of(user)
    if found is None:
        raise Trip("not_found", f'Nobody is known as "{user}".')
    return Response(found, media_type="application/json")


@routes.get("/v1/ledger", scope="people:read", gives=shapes.Ledger, also=("not_found",))
def ledger(
    api: Api,
    user: Annotated[
        str | None, Query(min_length=1, max_length=1_000, description="Only of this person")
    ] = None,
    definition: Annotated[
        str | None, Query(max_length=200, description="Only of this audience or trait")
    ] = None,
    after: Annotated[
        int | None, Query(ge=0, le=ID_MAX, description="Those after this number; else the latest")
    ] = None,
    limit: Limit = ROWS_SHOWN,
) -> shapes.Ledger:
    """What changed, when and why, in order."""
    with api.reader() as reader:
        number = None if user is None else reader.find(user)
        told = reader.ledger(profile=number, definition=definition, after=after, limit=limit)
        end = reader.ledger_end()
    return shapes.Ledger(
        entries=[_told(each) for each in told], last=told[-1].seq if told else after, end=end
    )


def explained(number: int, found: Explanation, at_ms: int, *, turns: bool, last: Told | None,
              cause: str | None) -> shapes.Explained:  # fmt: skip
    """An explanation as a shape."""
    return shapes.Explained(
        profile=number, audience=found.audience, at=iso(at_ms), member=found.member,
        effective=found.effective, suppressed_by=found.suppressed_by if found.member else None,
        since=iso(last.at_ms) if last else None, cause=last.cause if last else None,
        cause_event=cause, until=iso(found.until_ms), until_is_the_change=turns,
        lines=lines_of(found), supposed=None,
    )  # fmt: skip


def lines_of(found: Explanation) -> list[shapes.Line]:
    """The parts of a rule."""
    return [
        shapes.Line(depth=line.depth, truth=line.truth, text=line.text, note=line.note,
                    flips=iso(line.flips_ms))
        for line in found.lines
    ]  # fmt: skip


def _identifier(link: Any) -> shapes.IdentifierHeld:
    return shapes.IdentifierHeld(
        type=link.type, value=link.value, first=iso(link.first_ms),
        message_id=link.first_message_id,
    )  # fmt: skip


def membership_of(each: Membership) -> shapes.MembershipShown:
    """A membership as a shape."""
    return shapes.MembershipShown(
        audience=each.audience, since=iso(each.since_ms), effective=each.effective,
        suppressed_by=each.suppressed_by or None,
    )  # fmt: skip


def _happened(row: Any) -> shapes.Happened:
    event = row.event()
    return shapes.Happened(
        at=iso(row.time_ms), known=iso(row.known_ms), type=row.type, name=row.name,
        message_id=row.message_id, source=row.source, properties=event.properties,
        traits=event.traits, context=event.context, flags=list(event.flags),
        log_offset=row.log_offset,
    )  # fmt: skip


def _told(entry: Told) -> shapes.Told:
    return shapes.Told(
        seq=entry.seq, profile=entry.profile, person=entry.person or None, number=entry.number,
        kind=entry.kind, definition=entry.definition, at=iso(entry.at_ms), cause=entry.cause,
        log_offset=entry.log_offset, value=entry.value,
    )  # fmt: skip
