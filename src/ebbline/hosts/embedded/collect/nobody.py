"""Events that name nobody: every identifier is blocked, such as a userId of "undefined".

No profile could take such an event, so it is refused at the door, where the sender can hear of
it. What names somebody is decided elsewhere and handed in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ebbline.events.envelope import read_envelope
from ebbline.events.fault import Fault, reject
from ebbline.events.request import Parsed

if TYPE_CHECKING:
    from collections.abc import Callable

    from ebbline.events.event import Event

NOBODY_NAMED: Final = Fault(
    "nobody_named",
    "no identifier of the event can stand for a person: each is blocked, or of a type that the"
    " project does not identify people by",
)
_POSITION: Final = re.compile(r"batch\[(\d+)\]")


def refuse_nobody(
    parsed: Parsed, body: bytes, names_somebody: Callable[[Event], bool], *, batch: bool
) -> Parsed:
    """`parsed` with the events that name nobody among its rejections, with their bytes."""
    named = [names_somebody(event) for event in parsed.events]
    if all(named):
        return parsed
    items = _items(body, parsed) if batch else [("", body)]
    refused = [
        reject(NOBODY_NAMED, item, event.received_ms, event.source, inside=inside)
        for (inside, item), event, good in zip(items, parsed.events, named, strict=True)
        if not good
    ]
    events = [event for event, good in zip(parsed.events, named, strict=True) if good]
    return Parsed(events, [*parsed.rejections, *refused])


def _items(body: bytes, parsed: Parsed) -> list[tuple[str, bytes]]:
    """Path and bytes of each item of a batch that became an event, in order: all but those
    that were refused already."""
    opened = read_envelope(body)
    if isinstance(opened, Fault):
        return []
    found = [_POSITION.match(rejection.where) for rejection in parsed.rejections]
    gone = {int(position.group(1)) for position in found if position}
    return [
        (f"batch[{position}]", bytes(item))
        for position, item in enumerate(opened.items)
        if position not in gone
    ]
