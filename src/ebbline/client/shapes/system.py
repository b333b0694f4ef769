"""Shapes of how the system stands."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ebbline.client.shapes.definitions import Build
from ebbline.client.shapes.words import Instant


class LogStanding(msgspec.Struct, frozen=True, kw_only=True):
    """The log: its last entry and its size."""

    offset: Annotated[int, Meta(examples=[1_204])]
    at: Instant | None
    bytes: Annotated[int, Meta(examples=[4_194_304])]


class StateStanding(msgspec.Struct, frozen=True, kw_only=True):
    """The state: up to which entry of the log, and how many are still to come."""

    offset: Annotated[int, Meta(examples=[1_204])]
    at: Instant | None
    behind: Annotated[int, Meta(examples=[0])]
    bytes: Annotated[int, Meta(examples=[8_388_608])]


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How the folder stands. `refused` counts what lies in the quarantine by reason."""

    project: Annotated[str, Meta(examples=["shop"])]
    running: bool
    now: Instant | None
    log: LogStanding
    state: StateStanding
    profiles: Annotated[int, Meta(examples=[12_000])]
    identifiers: Annotated[int, Meta(examples=[31_000])]
    memberships: Annotated[int, Meta(examples=[20_000])]
    ledger: Annotated[int, Meta(examples=[88_000])]
    figures: Annotated[dict[str, int], Meta(examples=[{"merges": 4}])]
    refused: Annotated[dict[str, int], Meta(examples=[{"not_json": 1}])]
    next_due: Instant | None
    live_version: Annotated[int | None, Meta(examples=[3])]
    build: Build | None


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where events come from. Whoever has the write key may send."""

    name: Annotated[str, Meta(examples=["web"])]
    write_key: Annotated[str, Meta(examples=["wk_web"])]


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Every source of the live definitions."""

    sources: list[Source]


class EventSeen(msgspec.Struct, frozen=True, kw_only=True):
    """An event in the log. `id` is its place: log entry and number in it. `flags` says what was
    mended on the way in, or violated the tracking plan."""

    id: Annotated[str, Meta(examples=["1204:0"])]
    at: Instant | None
    known: Instant | None
    type: Annotated[str, Meta(examples=["track"])]
    name: Annotated[str, Meta(examples=["Order Completed"])]
    source: Annotated[str, Meta(examples=["web"])]
    message_id: Annotated[str, Meta(examples=["m-1"])]
    user_id: Annotated[str | None, Meta(examples=["ana"])]
    anonymous_id: str | None
    group_id: str | None
    flags: Annotated[list[str], Meta(examples=[[]])]
    properties: Annotated[dict[str, Any], Meta(examples=[{"revenue": 20}])]
    traits: Annotated[dict[str, Any], Meta(examples=[{}])]
    context: Annotated[dict[str, Any], Meta(examples=[{}])]


class EventsSeen(msgspec.Struct, frozen=True, kw_only=True):
    """The latest events, newest last, and the log's last entry, from which to go on."""

    events: list[EventSeen]
    offset: Annotated[int, Meta(examples=[1_204])]


class RefusedShown(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was refused on the way in, and why."""

    id: Annotated[int, Meta(examples=[12])]
    at: Instant | None
    source: Annotated[str, Meta(examples=["web"])]
    code: Annotated[str, Meta(examples=["no_user_anon_id"])]
    message: Annotated[str, Meta(examples=["the call names nobody"])]
    where: Annotated[str, Meta(examples=["batch[3]"])]


class Quarantine(msgspec.Struct, frozen=True, kw_only=True):
    """Refusals, newest first; `counts` is of all that is kept, by reason."""

    refused: list[RefusedShown]
    older: Annotated[int | None, Meta(examples=[None])]
    counts: Annotated[dict[str, int], Meta(examples=[{"no_user_anon_id": 3}])]


class Violations(msgspec.Struct, frozen=True, kw_only=True):
    """What broke the tracking plan lately; `counts` is of all refusals that are kept, by reason."""

    let_in: list[EventSeen]
    refused: list[RefusedShown]
    counts: Annotated[dict[str, int], Meta(examples=[{"unplanned_event": 3}])]


class RefusedWhole(RefusedShown, frozen=True, kw_only=True):
    """One refusal with what was sent: as JSON, as text or as base64."""

    form: Literal["json", "text", "base64"]
    body: Annotated[Any, Meta(examples=[{"type": "track"}])]
