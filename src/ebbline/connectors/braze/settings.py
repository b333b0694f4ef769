"""What a project says about a Braze workspace."""

from __future__ import annotations

import math
from typing import Annotated, Any

import msgspec

from ebbline.connectors.braze.limits import (
    BODY_BYTES_MAX,
    CONCURRENT_REQUESTS,
    ID_CHARACTERS_MAX,
    LINGER_MS,
    NAME_CHARACTERS_MAX,
    OBJECTS,
    OBJECTS_MAX,
    PEOPLE_MAX,
    REQUEST_MS_MAX,
    REQUESTS,
    TIMEOUT_MS,
    WINDOW_MS,
)
from ebbline.connectors.braze.names import BY_ROUTE, RESERVED, TRACK
from ebbline.connectors.connector import Problem, address_problem, convert
from ebbline.connectors.limits import FENCE_SECONDS_MAX
from ebbline.delivery import Limits
from ebbline.delivery.feeds import EVENT, SUBSCRIPTION, TRIGGER


class BrazeSettings(msgspec.Struct, frozen=True):
    """`endpoint` is the instance's REST address; `batch_size` the objects in one request;
    `requests_per_second` lowers the pace where a contract or other users of the key need it;
    `fence_seconds` is how long a request that got no answer may still be applied. `identify`
    joins a device's alias to the user who logged in, `merge` joins two users who turned out to
    be one: both are irreversible at Braze. `external_id` and `alias` are the types of
    identifiers that Braze knows people by, the second for whom there is no first."""

    endpoint: str
    key: Annotated[str, msgspec.Meta(min_length=1)]
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=OBJECTS_MAX)] = OBJECTS
    requests_per_second: Annotated[float, msgspec.Meta(gt=0, le=1000)] | None = None
    fence_seconds: Annotated[float, msgspec.Meta(ge=0, le=FENCE_SECONDS_MAX)] = (
        REQUEST_MS_MAX / 1000
    )
    identify: bool = False
    merge: bool = False
    external_id: Annotated[str, msgspec.Meta(min_length=1)] = "user_id"
    alias: str = "anonymous_id"  # "" for nobody


def read_settings(raw: dict[str, Any]) -> BrazeSettings | tuple[Problem, ...]:
    """Settings as written, checked."""
    settings = convert(raw, BrazeSettings)
    if isinstance(settings, tuple):
        return settings
    return address_problem("endpoint", settings.endpoint) or settings


def field_problem(field: str, mode: str) -> str:
    """A field is an attribute's or an event's name, or the id of a subscription group or of a
    Canvas; an attribute's must not be one that says whom the object is about."""
    if mode in (SUBSCRIPTION, TRIGGER):
        what = "subscription group" if mode == SUBSCRIPTION else "Canvas"
        plain = field.isascii() and field.replace("-", "").isalnum()
        good = plain and len(field) <= ID_CHARACTERS_MAX
        return "" if good else f"Write the id that Braze shows of the {what} (as: ...)."
    if mode != EVENT and field in RESERVED:
        return f'Braze reads "{field}" as who is meant; name the attribute otherwise (as: ...).'
    if not field or field.startswith("$") or len(field) > NAME_CHARACTERS_MAX:
        what = "event" if mode == EVENT else "attribute"
        return f"A Braze {what} has 1 to 255 characters and does not begin with $."
    return ""


def limits(settings: BrazeSettings) -> Limits:
    """The workspace's limits."""
    rate = settings.requests_per_second
    others = {
        route: min(PEOPLE_MAX, settings.batch_size)
        for route, endpoint in BY_ROUTE.items()
        if endpoint is not TRACK
    }
    return Limits(
        objects_max=settings.batch_size,
        counts="people",
        bytes_max=BODY_BYTES_MAX,
        requests=REQUESTS if rate is None else max(1, math.ceil(rate)),
        window_ms=WINDOW_MS if rate is None else round(max(1, math.ceil(rate)) * 1000 / rate),
        concurrency=CONCURRENT_REQUESTS,
        timeout_ms=TIMEOUT_MS,
        request_ms_max=round(settings.fence_seconds * 1000),
        linger_ms=LINGER_MS,
        route_objects=others,
        field_routes=frozenset(["event", "canvas"]),
    )
