"""What a project says about a business unit of Salesforce Marketing Cloud."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any

import msgspec

from ebbline.connectors.connector import Problem, address_problem, convert
from ebbline.connectors.limits import FENCE_SECONDS_MAX
from ebbline.connectors.sfmc.limits import (
    BODY_BYTES_MAX,
    CONCURRENT_REQUESTS,
    CONTACTS,
    LINGER_MS,
    NAME_CHARACTERS_MAX,
    REQUEST_MS_MAX,
    REQUESTS,
    ROWS,
    ROWS_MAX,
    TIMEOUT_MS,
    WINDOW_MS,
)
from ebbline.delivery import Limits
from ebbline.delivery.feeds import TRIGGER

# It is put into the names of hosts, so nothing else may get into it.
_SUBDOMAIN = re.compile(r"[A-Za-z0-9-]+")
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_ -]*")


class SfmcSettings(msgspec.Struct, frozen=True):
    """`subdomain` is the tenant's (`mc…`); `endpoint` replaces both of its hosts, for a sandbox.
    `account_id` is the MID of a business unit. `extension` is the external key of the data
    extension, `key_field` its primary key, which gets the identifier that `identify` names."""

    subdomain: str
    client_id: Annotated[str, msgspec.Meta(min_length=1)]
    client_secret: Annotated[str, msgspec.Meta(min_length=1)]
    extension: str = ""
    key_field: str = "SubscriberKey"
    account_id: str = ""
    endpoint: str = ""
    identify: Annotated[str, msgspec.Meta(min_length=1)] = "user_id"
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=ROWS_MAX)] = ROWS
    requests_per_second: Annotated[float, msgspec.Meta(gt=0, le=1000)] | None = None
    fence_seconds: Annotated[float, msgspec.Meta(ge=0, le=FENCE_SECONDS_MAX)] = (
        REQUEST_MS_MAX / 1000
    )

    @property
    def auth_url(self) -> str:
        """Where tokens come from."""
        return self._host("auth")

    @property
    def rest_url(self) -> str:
        """Where everything else goes."""
        return self._host("rest")

    def _host(self, name: str) -> str:
        whole = f"https://{self.subdomain}.{name}.marketingcloudapis.com"
        return self.endpoint.rstrip("/") or whole


def read_settings(raw: dict[str, Any]) -> SfmcSettings | tuple[Problem, ...]:
    """Settings as written, checked."""
    settings = convert(raw, SfmcSettings)
    if isinstance(settings, tuple):
        return settings
    if settings.endpoint and (wrong := address_problem("endpoint", settings.endpoint)):
        return wrong
    if not _SUBDOMAIN.fullmatch(settings.subdomain):
        text = "A subdomain is letters, digits and hyphens: what stands before .rest in your URLs."
        return (Problem("subdomain", text),)
    if not _is_column(settings.key_field):
        return (Problem("key_field", "Write the name of the extension's primary key."),)
    if len(settings.extension) > NAME_CHARACTERS_MAX or not settings.extension.isprintable():
        return (Problem("extension", "Write the extension's external key."),)
    return settings


def field_problem(field: str, mode: str) -> str:
    """A field is a column of the data extension, or the key of an event definition."""
    if mode == TRIGGER:
        plain = field.isascii() and field.isprintable() and " " not in field
        good = plain and 0 < len(field) <= NAME_CHARACTERS_MAX
        return "" if good else "Write the event definition's key (as: APIEvent-...)."
    text = "A column has 1 to 128 letters, digits, underscores, spaces or hyphens"
    return "" if _is_column(field) else f"{text}, a letter first (as: HighIntent)."


def _is_column(name: str) -> bool:
    return len(name) <= NAME_CHARACTERS_MAX and _COLUMN.fullmatch(name) is not None


def limits(settings: SfmcSettings) -> Limits:
    """The tenant's limits."""
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
        route_objects={"journey": 1, "erase": CONTACTS},
        field_routes=frozenset(["journey"]),
    )
