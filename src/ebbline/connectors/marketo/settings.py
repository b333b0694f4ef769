"""What a project says about a Marketo instance."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Literal

import msgspec

from ebbline.connectors.connector import Problem, address_problem, convert
from ebbline.connectors.limits import FENCE_SECONDS_MAX
from ebbline.connectors.marketo.limits import (
    BODY_BYTES_MAX,
    CONCURRENT_REQUESTS,
    CONCURRENT_REQUESTS_MAX,
    DAY_OFFSET_MS,
    LEADS_MAX,
    LINGER_SECONDS,
    LINGER_SECONDS_MAX,
    REQUEST_MS_MAX,
    REQUESTS,
    REQUESTS_A_DAY,
    REQUESTS_A_DAY_MAX,
    REQUESTS_MAX,
    RESPONSE_BYTES_MAX,
    TIMEOUT_MS,
    TRIGGER_LEADS_MAX,
    WINDOW_MS,
)
from ebbline.delivery import Limits
from ebbline.delivery.feeds import ATTRIBUTE, LIST, TRIGGER

MODES = (ATTRIBUTE, LIST, TRIGGER)

LEAD_ID = "id"
"""The field that holds Marketo's own id of a lead."""

_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TOKEN = re.compile(r"\{\{my\.[^{}]+\}\}")


class MarketoSettings(msgspec.Struct, frozen=True):
    """`endpoint` is the instance's REST address; `identify` says by which field each type of
    identifier is known, the preferred first. Lists that are missing are made in the folder (or
    program) of id `list_folder`, 0 for not at all. `member_token` is a token of a campaign's
    program, like {{my.member}}, that receives the value. `fence_seconds` is how long a request
    that got no answer may still be applied."""

    endpoint: str
    client_id: Annotated[str, msgspec.Meta(min_length=1)]
    client_secret: Annotated[str, msgspec.Meta(min_length=1)]
    identify: Annotated[dict[str, str], msgspec.Meta(min_length=1)] = msgspec.field(
        default_factory=lambda: {"email": "email"}
    )
    partition: str = ""
    list_folder: Annotated[int, msgspec.Meta(ge=0)] = 0
    list_folder_type: Literal["Folder", "Program"] = "Folder"
    member_token: str = ""
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=LEADS_MAX)] = LEADS_MAX
    linger_seconds: Annotated[float, msgspec.Meta(ge=0, le=LINGER_SECONDS_MAX)] = LINGER_SECONDS
    requests_per_20_seconds: Annotated[int, msgspec.Meta(ge=1, le=REQUESTS_MAX)] = REQUESTS
    requests_a_day: Annotated[int, msgspec.Meta(ge=1, le=REQUESTS_A_DAY_MAX)] = REQUESTS_A_DAY
    concurrent_requests: Annotated[int, msgspec.Meta(ge=1, le=CONCURRENT_REQUESTS_MAX)] = (
        CONCURRENT_REQUESTS
    )
    fence_seconds: Annotated[float, msgspec.Meta(ge=0, le=FENCE_SECONDS_MAX)] = (
        REQUEST_MS_MAX / 1000
    )

    @property
    def instance(self) -> str:
        """The instance's address, from which both the REST and the identity paths begin."""
        return self.endpoint.rstrip("/").removesuffix("/rest")


def read_settings(raw: dict[str, Any]) -> MarketoSettings | tuple[Problem, ...]:
    """Settings as written, checked."""
    settings = convert(raw, MarketoSettings)
    if isinstance(settings, tuple):
        return settings
    strange = tuple(
        Problem(f"identify.{kind}", _name_problem(name))
        for kind, name in settings.identify.items()
        if _name_problem(name)
    )
    if settings.member_token and not _TOKEN.fullmatch(settings.member_token):
        text = "A token of a program is written like {{my.member}}."
        strange += (Problem("member_token", text),)
    return strange or address_problem("endpoint", settings.endpoint) or settings


def field_problem(field: str, mode: str) -> str:
    """A field has a REST API name; a list and a campaign have any name, or an id."""
    if mode in (LIST, TRIGGER):
        what = "list" if mode == LIST else "campaign"
        plain = field.strip() == field and field != ""
        return "" if plain else f"A Marketo {what} has a name without spaces around it, or an id."
    if field in ("email", LEAD_ID):
        return f'Marketo reads "{field}" as who is meant; name the field otherwise (as: ...).'
    return _name_problem(field)


def _name_problem(name: str) -> str:
    if _FIELD.fullmatch(name):
        return ""
    return "A Marketo field has a REST API name: letters, digits and _, a letter first."


def limits(settings: MarketoSettings) -> Limits:
    """The instance's limits. A burst and what accrues while the window rolls on stay within it
    together: a tenth of it may leave at once, the rest evenly."""
    allowed = settings.requests_per_20_seconds
    burst = max(1, allowed // 10)
    window_ms = math.ceil(burst * WINDOW_MS / max(1, allowed - burst))
    return Limits(
        objects_max=settings.batch_size,
        counts="people",
        bytes_max=BODY_BYTES_MAX,
        requests=burst,
        window_ms=window_ms,
        concurrency=settings.concurrent_requests,
        timeout_ms=TIMEOUT_MS,
        request_ms_max=round(settings.fence_seconds * 1000),
        linger_ms=round(settings.linger_seconds * 1000),
        response_bytes_max=RESPONSE_BYTES_MAX,
        requests_a_day=settings.requests_a_day,
        day_offset_ms=DAY_OFFSET_MS,
        route_objects={"trigger": min(TRIGGER_LEADS_MAX, settings.batch_size)},
    )
