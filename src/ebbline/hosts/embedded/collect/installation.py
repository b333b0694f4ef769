"""Whether events of one write key arrive, and if not, why: the check of an installation.

It tells instants and kinds of refusals, nothing of the events: write keys are no secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from ebbline.hosts.embedded.collect.library import HOW
from ebbline.hosts.embedded.collect.limits import ARRIVED_MS

if TYPE_CHECKING:
    from ebbline.hosts.embedded.collect.intake import Intake

_MINUTES: Final = ARRIVED_MS // 60_000
_WHY: Final = {
    "unplanned_event": "the tracking plan does not have the event, and refuses what it lacks",
    "violation": "a property or trait breaks the tracking plan, which refuses such events",
    "nobody_named": "no identifier of the event can stand for a person",
    "no_user_anon_id": "the event names neither a user nor a device",
    "not_json": "the body is not JSON; look for something that rewrites requests",
    "too_large": "an event or a request is larger than what is taken",
}


class Reason(msgspec.Struct, frozen=True):
    """Why something was not taken in; `seconds_ago` for the last time, None when it still holds."""

    code: str
    message: str
    seconds_ago: int | None = None


class Check(msgspec.Struct, frozen=True):
    """The answer of `/snippet/check`. `arrived`: an event was taken in within `within_seconds`."""

    arrived: bool
    message: str
    seconds_ago: int | None = None
    within_seconds: int = ARRIVED_MS // 1_000
    reasons: list[Reason] = []


def check(intake: Intake, key: str | None, *, library: bool) -> Check:
    """How it stands with one write key; `library` says whether this host serves the library."""
    source = intake.keys.source(key)
    if source is None:
        code, words = "unknown_write_key", "the write key belongs to no source of this project"
        if not key:
            code, words = "no_write_key", "say which key: /snippet/check?writeKey=KEY"
        return Check(False, words, reasons=[Reason(code, words)])
    now_ms = intake.now_ms()
    reasons = [
        Reason(code, _WHY.get(code, "see the quarantine for what was sent"),
               max(0, now_ms - at_ms) // 1_000)
        for code, at_ms in intake.arrivals.refused_since(source, now_ms - ARRIVED_MS).items()
    ]  # fmt: skip
    if not library:
        reasons.append(Reason("no_library", HOW))
    last_ms = intake.arrivals.accepted_ms(source)
    ago = None if last_ms is None else max(0, now_ms - last_ms) // 1_000
    if last_ms is not None and now_ms - last_ms <= ARRIVED_MS:
        return Check(True, f"events arrive; the last one {ago} s ago", ago, reasons=reasons)
    if reasons:
        words = "no event was taken in; see the reasons"
    else:
        words = (
            f"nothing was sent with this key in the last {_MINUTES} minutes: open a page with the"
            " snippet, and look in its console for what a content blocker or a"
            " Content-Security-Policy holds back"
        )
    return Check(False, words, ago, reasons=reasons)
