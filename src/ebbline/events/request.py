"""One request as a whole: what it says of all its calls, and what was read from it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

from ebbline.events.event import Event, Rejection


class Surroundings(msgspec.Struct, frozen=True):
    """What the request says of all its calls; a call's own word wins."""

    context: dict[str, Any] | None = None
    integrations: dict[str, Any] | None = None
    sent_at: datetime | None = None
    flags: tuple[str, ...] = ()


ALONE: Final = Surroundings()


class Parsed(msgspec.Struct, frozen=True):
    """What one request held, in its order."""

    events: list[Event]
    rejections: list[Rejection]
