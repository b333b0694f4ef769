"""What a project says about a HubSpot account."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any

import msgspec

from ebbline.connectors.connector import Problem, address_problem, convert
from ebbline.connectors.hubspot.limits import (
    BODY_BYTES_MAX,
    CONCURRENT_REQUESTS,
    CONTACTS_MAX,
    DAY_MS,
    EVERY_CHANGE_PEOPLE,
    LINGER_MS,
    REQUEST_MS_MAX,
    REQUESTS,
    REQUESTS_A_DAY,
    REQUESTS_A_DAY_MAX,
    REQUESTS_MAX,
    RESPONSE_BYTES_MAX,
    TIMEOUT_MS,
    WINDOW_MS,
)
from ebbline.connectors.limits import FENCE_SECONDS_MAX
from ebbline.delivery import Limits
from ebbline.delivery.feeds import ATTRIBUTE, EVENT, LIST

MODES = (ATTRIBUTE, LIST, EVENT)

RECORD_ID = "hs_object_id"
"""The property that holds HubSpot's own id of a contact."""

_PROPERTY = re.compile(r"[a-z][a-z0-9_]*")
_EVENT = re.compile(r"pe[0-9]+_[a-z0-9_-]+")


class HubSpotSettings(msgspec.Struct, frozen=True):
    """`identify` says by which unique property each type of identifier is known, the preferred
    first. What is missing is created, unless `create_properties` or `create_lists` is false.
    `event_property` is a property of events that receives the value. `utc_offset_hours` is that
    of the account's time zone, whose midnight begins the quota of `requests_a_day`;
    `fence_seconds` is how long a request that got no answer may still be applied."""

    token: Annotated[str, msgspec.Meta(min_length=1)]
    endpoint: str = "https://api.hubapi.com"
    identify: Annotated[dict[str, str], msgspec.Meta(min_length=1)] = msgspec.field(
        default_factory=lambda: {"email": "email"}
    )
    create_properties: bool = True
    create_lists: bool = True
    property_group: str = "contactinformation"
    event_property: str = ""
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=CONTACTS_MAX)] = CONTACTS_MAX
    requests_per_10_seconds: Annotated[int, msgspec.Meta(ge=1, le=REQUESTS_MAX)] = REQUESTS
    requests_a_day: Annotated[int, msgspec.Meta(ge=1, le=REQUESTS_A_DAY_MAX)] = REQUESTS_A_DAY
    utc_offset_hours: Annotated[float, msgspec.Meta(ge=-12, le=14)] = 0
    fence_seconds: Annotated[float, msgspec.Meta(ge=0, le=FENCE_SECONDS_MAX)] = (
        REQUEST_MS_MAX / 1000
    )

    @property
    def day_offset_ms(self) -> int:
        """After midnight UTC, when a day of the account begins."""
        return round(-self.utc_offset_hours * 3_600_000) % DAY_MS

    def next_day_ms(self, now_ms: int) -> int:
        """When the account's next day begins."""
        day = (now_ms - self.day_offset_ms) // DAY_MS
        return (day + 1) * DAY_MS + self.day_offset_ms


def read_settings(raw: dict[str, Any]) -> HubSpotSettings | tuple[Problem, ...]:
    """Settings as written, checked."""
    settings = convert(raw, HubSpotSettings)
    if isinstance(settings, tuple):
        return settings
    strange = tuple(
        Problem(f"identify.{kind}", _name_problem(name))
        for kind, name in settings.identify.items()
        if _name_problem(name)
    )
    return strange or address_problem("endpoint", settings.endpoint) or settings


def field_problem(field: str, mode: str) -> str:
    """A property, a list and an event each have names of their own form."""
    if mode == LIST:
        plain = field.strip() == field and field != ""
        return "" if plain else "A HubSpot list has a name without spaces around it."
    if mode == EVENT:
        if _EVENT.fullmatch(field):
            return ""
        return f'"{field}" is no event of HubSpot\'s; expected its full name, like pe123_visited.'
    if field in ("email", RECORD_ID):
        return f'HubSpot reads "{field}" as who is meant; name the property otherwise (as: ...).'
    return _name_problem(field)


def _name_problem(name: str) -> str:
    if _PROPERTY.fullmatch(name):
        return ""
    lowered = re.sub(r"[^a-z0-9_]", "_", name.lower())
    hint = f', like "{lowered}"' if _PROPERTY.fullmatch(lowered) else ""
    return (
        f"A HubSpot property has a name of lower-case letters, digits and _, a letter first{hint}."
    )


def limits(settings: HubSpotSettings) -> Limits:
    """The account's limits. A burst and what accrues while the window rolls on stay within it
    together: a tenth of it may leave at once, the rest evenly."""
    allowed = settings.requests_per_10_seconds
    burst = max(1, allowed // 10)
    window_ms = math.ceil(burst * WINDOW_MS / max(1, allowed - burst))
    return Limits(
        objects_max=settings.batch_size,
        counts="people",
        bytes_max=BODY_BYTES_MAX,
        requests=burst,
        window_ms=window_ms,
        concurrency=CONCURRENT_REQUESTS,
        timeout_ms=TIMEOUT_MS,
        request_ms_max=round(settings.fence_seconds * 1000),
        linger_ms=LINGER_MS,
        response_bytes_max=RESPONSE_BYTES_MAX,
        requests_a_day=settings.requests_a_day,
        day_offset_ms=settings.day_offset_ms,
        route_objects={"each": min(EVERY_CHANGE_PEOPLE, settings.batch_size), "erase": 1},
    )
