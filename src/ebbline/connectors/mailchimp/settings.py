"""What a project says about an audience at Mailchimp."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Literal

import msgspec

from ebbline.connectors.connector import Problem, address_problem, convert
from ebbline.connectors.limits import FENCE_SECONDS_MAX
from ebbline.connectors.mailchimp.limits import (
    BODY_BYTES_MAX,
    CONNECTIONS,
    CONNECTIONS_MAX,
    EVENT_NAME_CHARACTERS_MAX,
    EVENT_NAME_CHARACTERS_MIN,
    LINGER_MS,
    OBJECTS_MAX,
    REQUEST_MS_MAX,
    REQUESTS,
    RESPONSE_BYTES_MAX,
    SEGMENT_NAME_CHARACTERS_MAX,
    TAG_CHARACTERS_MAX,
    TIMEOUT_MS,
    WINDOW_MS,
)
from ebbline.delivery import Limits
from ebbline.delivery.feeds import EVENT, LIST

# Part of a host's name, so nothing else may get into it.
_DATA_CENTER = re.compile(r"[a-z]{2,4}[0-9]{1,4}")
_CUT_OFF = re.compile(r"[0-9a-f]{32}-?")
_LIST_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_TAG = re.compile(r"[A-Z][A-Z0-9_]*")


class MailchimpSettings(msgspec.Struct, frozen=True):
    """`list_id` is the audience; the data center is the key's suffix (`-us21`) unless
    `data_center` says it. `endpoint` replaces the whole address, for a sandbox. `identify` is
    the identifier that holds people's e-mail addresses. Whoever is new gets `status_if_new`;
    the status of others is never touched."""

    key: Annotated[str, msgspec.Meta(min_length=1)]
    list_id: str
    data_center: str = ""
    endpoint: str = ""
    identify: Annotated[str, msgspec.Meta(min_length=1)] = "email"
    status_if_new: Literal["transactional", "subscribed", "pending", "unsubscribed"] = (
        "transactional"
    )
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=OBJECTS_MAX)] = OBJECTS_MAX
    connections: Annotated[int, msgspec.Meta(ge=1, le=CONNECTIONS_MAX)] = CONNECTIONS
    requests_per_second: Annotated[float, msgspec.Meta(gt=0, le=100)] | None = None
    fence_seconds: Annotated[float, msgspec.Meta(ge=0, le=FENCE_SECONDS_MAX)] = (
        REQUEST_MS_MAX / 1000
    )

    @property
    def where(self) -> str:
        """The data center; "" when neither the key nor a setting names one."""
        named = self.data_center or self.key.rpartition("-")[2]
        return named if _DATA_CENTER.fullmatch(named) else ""

    @property
    def url(self) -> str:
        """The API's address, without a slash at its end."""
        # A key that names none (a stand-in in tests) is Mailchimp's to judge.
        host = self.endpoint.rstrip("/") or f"https://{self.where or 'us1'}.api.mailchimp.com"
        return f"{host}/3.0"

    @property
    def is_cut_off(self) -> bool:
        """Whether the key is one of Mailchimp's, but for the data center at its end."""
        return not self.data_center and _CUT_OFF.fullmatch(self.key) is not None


def read_settings(raw: dict[str, Any]) -> MailchimpSettings | tuple[Problem, ...]:
    """Settings as written, checked; the key's data center is looked at when it is there."""
    settings = convert(raw, MailchimpSettings)
    if isinstance(settings, tuple):
        return settings
    if settings.endpoint and (wrong := address_problem("endpoint", settings.endpoint)):
        return wrong
    if settings.data_center and not _DATA_CENTER.fullmatch(settings.data_center):
        return (Problem("data_center", "A data center is letters and digits such as us21."),)
    if not _LIST_ID.fullmatch(settings.list_id):
        text = "Write the audience id that Mailchimp shows in the audience's settings."
        return (Problem("list_id", text),)
    return settings


def field_problem(field: str, mode: str) -> str:
    """A field is a merge field's tag, the name of a tag of contacts, or an event's name."""
    if mode == LIST:
        good = field.strip() == field and 0 < len(field) <= SEGMENT_NAME_CHARACTERS_MAX
        return "" if good else "A Mailchimp tag has 1 to 100 characters and no space around them."
    if mode == EVENT:
        good = EVENT_NAME_CHARACTERS_MIN <= len(field) <= EVENT_NAME_CHARACTERS_MAX
        return "" if good else "A Mailchimp event's name has 2 to 30 characters."
    if field == "EMAIL":
        return "EMAIL is the address itself at Mailchimp; name the merge field otherwise (as: ...)."
    if not _TAG.fullmatch(field) or len(field) > TAG_CHARACTERS_MAX:
        text = "A Mailchimp merge field has at most 10 capital letters, digits and underscores"
        return f"{text} (as: HIGHINT)."
    return ""


def limits(settings: MailchimpSettings) -> Limits:
    """The account's limits."""
    rate = settings.requests_per_second
    return Limits(
        objects_max=settings.batch_size,
        counts="people",
        bytes_max=BODY_BYTES_MAX,
        requests=REQUESTS if rate is None else max(1, math.ceil(rate)),
        window_ms=WINDOW_MS if rate is None else round(max(1, math.ceil(rate)) * 1000 / rate),
        concurrency=settings.connections,
        timeout_ms=TIMEOUT_MS,
        request_ms_max=round(settings.fence_seconds * 1000),
        linger_ms=LINGER_MS,
        response_bytes_max=RESPONSE_BYTES_MAX,
        route_objects={"event": 1, "erase": 1},
        field_routes=frozenset(["event"]),
    )
