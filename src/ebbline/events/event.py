"""What an event is once it has been read: one frozen record, or the reason it was refused."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

EventType = Literal["track", "identify", "page", "screen", "group", "alias"]

IDENTIFY_NAME = "$identify"
GROUP_NAME = "$group"
ALIAS_NAME = "$alias"


class Event(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One call of the Segment spec, corrected and canonical.

    `name` is what rules match: the canonical event name of a track call, "Page Viewed" or
    "Screen Viewed" (the page's own name is then property `page_name` or `screen_name`), or
    "$identify", "$group", "$alias". `time_ms` and `received_ms` are UTC milliseconds;
    `time_ms` is corrected for the device's clock and never after `received_ms`.
    `flags` lists what was mended on the way in ("future_time", "no_message_id", ...).
    """

    message_id: str
    type: EventType
    name: str
    time_ms: int
    received_ms: int
    user_id: str | None
    anonymous_id: str | None
    properties: dict[str, Any]
    traits: dict[str, Any]
    context: dict[str, Any]
    source: str = "default"
    previous_id: str | None = None
    group_id: str | None = None
    flags: tuple[str, ...] = ()


class Rejection(msgspec.Struct, frozen=True):
    """Why one piece of input was refused; it goes to the quarantine with its bytes."""

    code: str  # stable snake_case reason, e.g. "no_user_anon_id", "too_large", "not_json"
    message: str  # a sentence: what was wrong, what was expected
    where: str  # path inside the body, e.g. "batch[3].userId"; "" for the whole body
    body: bytes  # what was refused, cut to the quarantine's limit
    received_ms: int
    source: str = "default"
