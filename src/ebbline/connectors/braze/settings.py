"""What a project says about a Braze workspace."""

from __future__ import annotations

import math
from typing import Annotated, Any

import msgspec

from ebbline.connectors.braze.limits import (
    BODY_BYTES_MAX,
    CONCURRENT_REQUESTS,
    LINGER_MS,
    NAME_CHARACTERS_MAX,
    OBJECTS,
    OBJECTS_MAX,
    REQUEST_MS_MAX,
    REQUESTS,
    TIMEOUT_MS,
    WINDOW_MS,
)
from ebbline.connectors.connector import Problem, address_problem, convert
from ebbline.connectors.limits import FENCE_SECONDS_MAX
from ebbline.delivery import Limits

# Keys by which Braze tells whom an object is about and how to take it.
RESERVED = frozenset(
    ["external_id", "user_alias", "braze_id", "_update_existing_only", "_merge_objects"]
)


class BrazeSettings(msgspec.Struct, frozen=True):
    """`endpoint` is the instance's REST address; `batch_size` the objects in one request;
    `requests_per_second` lowers the pace where a contract or other users of the key need it;
    `fence_seconds` is how long a request that got no answer may still be applied."""

    endpoint: str
    key: Annotated[str, msgspec.Meta(min_length=1)]
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=OBJECTS_MAX)] = OBJECTS
    requests_per_second: Annotated[float, msgspec.Meta(gt=0, le=1000)] | None = None
    fence_seconds: Annotated[float, msgspec.Meta(ge=0, le=FENCE_SECONDS_MAX)] = (
        REQUEST_MS_MAX / 1000
    )


def read_settings(raw: dict[str, Any]) -> BrazeSettings | tuple[Problem, ...]:
    """Settings as written, checked."""
    settings = convert(raw, BrazeSettings)
    if isinstance(settings, tuple):
        return settings
    return address_problem("endpoint", settings.endpoint) or settings


def field_problem(field: str) -> str:
    """An attribute's name must not be one that says whom the object is about."""
    if field in RESERVED:
        return f'Braze reads "{field}" as who is meant; name the attribute otherwise (as: ...).'
    if not field or field.startswith("$") or len(field) > NAME_CHARACTERS_MAX:
        return "A Braze attribute has 1 to 255 characters and does not begin with $."
    return ""


def limits(settings: BrazeSettings) -> Limits:
    """The workspace's limits."""
    rate = settings.requests_per_second
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
    )
