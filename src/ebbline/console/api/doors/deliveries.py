"""What was sent to destinations, how they do, and how fast changes get there."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import Query

from ebbline.client.shapes import deliveries as shapes
from ebbline.console.api.context import Api, Context
from ebbline.console.api.limits import ROWS_SHOWN
from ebbline.console.api.parameters import (
    Before,
    Destination,
    DestinationAsked,
    Limit,
    Number,
)
from ebbline.console.api.routes import Routes, posted
from ebbline.console.api.shaping import iso, since
from ebbline.definitions.plan import DestinationDef
from ebbline.errors import NotFound
from ebbline.hosts.embedded.deliver import reading
from ebbline.hosts.embedded.deliver.objectives.silences import silence
from ebbline.hosts.embedded.deliver.reconcile import asking
from ebbline.hosts.embedded.reading.levels import Standing, service_levels

routes = Routes("deliveries")


@routes.get("/v1/destinations", scope="deliveries:read", gives=shapes.Destinations)
def list_destinations(api: Api) -> shapes.Destinations:
    """Every destination: its state and why, people known, waiting, and values laid aside."""
    planned = _planned(api)
    found = reading.destination_status(api.folder.path)
    return shapes.Destinations(
        destinations=[_destination(each, planned.get(each.name)) for each in found]
    )


@routes.post(
    "/v1/destinations/{name}/pause", scope="deliveries:write", gives=shapes.Ordered,
    also=("not_found",),
)  # fmt: skip
def pause_destination(api: Api, name: Destination) -> shapes.Ordered:
    """Let nothing leave for a destination until it is resumed; what changes meanwhile waits."""
    return _hold(api, name, paused=True)


@routes.post(
    "/v1/destinations/{name}/resume", scope="deliveries:write", gives=shapes.Ordered,
    also=("not_found",),
)  # fmt: skip
def resume_destination(api: Api, name: Destination) -> shapes.Ordered:
    """Go on after a pause: what waits is sent as what it has come to."""
    return _hold(api, name, paused=False)


@routes.get("/v1/deliveries", scope="deliveries:read", gives=shapes.Deliveries)
def list_deliveries(
    api: Api, destination: DestinationAsked = None,
    state: Annotated[
        str | None,
        Query(max_length=50, description="Only in this state; dead: values still lie there",
              examples=["dead"]),
    ] = None,
    before: Before = None, limit: Limit = ROWS_SHOWN,
) -> shapes.Deliveries:  # fmt: skip
    """The latest attempts, newest first."""
    found = reading.list_deliveries(api.folder.path, destination, state, limit, before)
    return shapes.Deliveries(
        deliveries=[_delivery(each) for each in found],
        older=found[-1].id if len(found) == limit else None,
    )


@routes.get(
    "/v1/deliveries/{number}", scope="deliveries:raw", gives=shapes.DeliveryShown,
    also=("not_found",),
)  # fmt: skip
def show_delivery(api: Api, number: Number) -> shapes.DeliveryShown:
    """One attempt with its raw request and reply (secrets masked), person by person."""
    found = reading.show_delivery(api.folder.path, number)
    return shapes.DeliveryShown(
        delivery=_delivery(found.delivery), items=found.items, request=found.request,
        response=found.response,
    )  # fmt: skip


@routes.post(
    "/v1/deliveries/{number}/retry", scope="deliveries:write", gives=shapes.Ordered,
    also=("not_found",),
)  # fmt: skip
def retry_delivery(api: Api, number: Number) -> shapes.Ordered:
    """Have what an attempt laid aside sent again."""
    dead = reading.show_delivery(api.folder.path, number).delivery.dead
    told = reading.retry_deliveries(api.folder.path, number)
    return shapes.Ordered(running=told, values=dead)


@routes.post("/v1/deliveries/retry", scope="deliveries:write", gives=shapes.Ordered)
def retry_deliveries(api: Api) -> shapes.Ordered:
    """Have everything that lies there sent again, at every destination."""
    dead = sum(each.dead for each in reading.destination_status(api.folder.path))
    told = reading.retry_deliveries(api.folder.path, None)
    return shapes.Ordered(running=told, values=dead)


@routes.get("/v1/slo", scope="deliveries:read", gives=shapes.Slo)
def service_level_objectives(
    api: Api,
    window_seconds: Annotated[
        int | None,
        Query(ge=1, le=31_536_000, description="Over so long; else the objective's own window"),
    ] = None,
) -> shapes.Slo:
    """How fast and how surely changes reach destinations, against what is promised."""
    with api.reader() as reader:
        promised, now_ms = reader.plan().slo, reader.now_ms()
    window_ms = None if window_seconds is None else window_seconds * 1000
    found = service_levels(api.folder.path, promised, now_ms, window_ms)
    return shapes.Slo(
        objective=shapes.Objective(
            latency_alert_ms=promised.latency_alert_ms,
            latency_objective_ms=promised.latency_objective_ms, success=promised.success,
            window_ms=promised.window_ms,
        ),
        window_ms=window_ms or promised.window_ms,
        destinations=[_standing(each) for each in found],
    )  # fmt: skip


@routes.post(
    "/v1/slo/silences", scope="deliveries:write", takes=shapes.Silence, gives=shapes.Silenced,
    also=("not_found",),
)  # fmt: skip
def silence_alarms(
    api: Api, body: Annotated[shapes.Silence, posted(shapes.Silence)]
) -> shapes.Silenced:
    """Tell nobody of a destination's alarms for a while."""
    known = _planned(api)
    if body.destination not in known:
        there = ", ".join(known) or "none"
        raise NotFound(f'No destination is called "{body.destination}". There are: {there}.')
    now_ms = api.clock.now_ms()
    until_ms = now_ms + body.seconds * 1000
    silence(api.folder.path, body.destination, until_ms, now_ms)
    return shapes.Silenced(
        destination=body.destination, until=iso(until_ms) if body.seconds else None
    )


def known_destination(api: Context, name: str) -> None:
    """NotFound when no destination of that name was ever set up."""
    names = [each.name for each in reading.destination_status(api.folder.path)]
    if name not in names:
        there = ", ".join(names) or "none"
        raise NotFound(f'There is no destination "{name}"; there is {there}.')


def _hold(api: Context, name: str, *, paused: bool) -> shapes.Ordered:
    known_destination(api, name)
    return shapes.Ordered(running=asking.pause(api.folder.path, name, paused=paused), values=None)


def _planned(api: Context) -> dict[str, DestinationDef]:
    with api.reader() as reader:
        return {each.name: each for each in reader.plan().destinations}


def _destination(
    each: reading.DestinationStatus, planned: DestinationDef | None
) -> shapes.Destination:
    sync = [] if planned is None else [
        f"audience:{one.audience}" if one.audience else f"trait:{one.trait}"
        for one in planned.sync
    ]  # fmt: skip
    return shapes.Destination(
        name=each.name, type=None if planned is None else planned.type, state=each.state,
        reason=each.reason, since=since(each.since_ms), people=each.people, waiting=each.pending,
        dead=each.dead, last_done=iso(each.last_done_ms), sync=sync,
    )  # fmt: skip


def _delivery(each: reading.Delivery) -> shapes.Delivery:
    return shapes.Delivery(
        id=each.id, destination=each.destination, state=each.state, attempt=each.attempt,
        people=each.people, changed=iso(each.changed_ms), queued=iso(each.queued_ms),
        sent=iso(each.sent_ms), answered=iso(each.answered_ms), status=each.status,
        reason=each.reason, dead=each.dead,
    )  # fmt: skip


def _standing(each: Standing) -> shapes.Standing:
    probe = each.probe
    return shapes.Standing(
        destination=each.destination,
        levels=[
            shapes.Level(source=row.source or None, figures=_figures(row.levels),
                         latency_burn_1h=row.latency_burn_1h, success_burn_1h=row.success_burn_1h)
            for row in each.rows
        ],
        overdue=each.overdue, waits_in=each.waits_in,
        alarms=[
            shapes.Alarm(indicator=alarm.indicator, rule=alarm.rule, state=alarm.state,
                         since=iso(alarm.since_ms))
            for alarm in each.alarms
        ],
        silenced_until=since(each.silenced_ms),
        probe=None if probe is None else shapes.Probe(
            sent=iso(probe.sent_ms), answered=iso(probe.answered_ms), state=probe.state,
            stage=probe.stage, error=probe.error,
        ),
    )  # fmt: skip


def _figures(levels: Any) -> dict[str, Any]:
    return msgspec.structs.asdict(levels)
