"""GA4's Measurement Protocol: `/mp/collect`, and `/debug/mp/collect`, which only looks.

Its senders are answered 204 whatever they sent, as there; what is wrong with an event stands in
the quarantine. Only what could not be stored is answered with a no for now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from ebbline.events.event import Event
from ebbline.events.fault import UNKNOWN_SOURCE, Fault
from ebbline.events.foreign import read_calls
from ebbline.events.measurement import read_measurement
from ebbline.events.measurement_checks import messages, of_fault
from ebbline.hosts.embedded.collect import answers
from ebbline.hosts.embedded.collect.intake import Unusable
from ebbline.hosts.embedded.collect.nobody import NOBODY_NAMED
from ebbline.hosts.embedded.collect.ports import NotStored

if TYPE_CHECKING:
    from ebbline.hosts.embedded.collect.answers import Answer
    from ebbline.hosts.embedded.collect.intake import Intake
    from ebbline.hosts.embedded.collect.request import Request

PATH: Final = "/mp/collect"
DEBUG_PATH: Final = "/debug/mp/collect"


async def collect(intake: Intake, request: Request) -> Answer:
    """Takes the events of one body; the write key is `api_secret`."""
    key = request.parameters().get("api_secret")
    source = intake.keys.source(key)
    try:
        body = await intake.body(request)
        if isinstance(body, Unusable):
            await intake.refuse(body.fault, body.start, source)
            return answers.empty(close=body.close)
        intake.admit()
        if source is None:
            await intake.refuse_stranger(key, body)
            return answers.empty()
        calls = read_measurement(body, intake.now_ms())
        if isinstance(calls, Fault):
            await intake.refuse(calls, body, source)
        else:
            await intake.take(calls, source, len(body))
    except NotStored as problem:
        return answers.later(problem, close=True)
    return answers.empty()


async def debug(intake: Intake, request: Request) -> Answer:
    """Says what is wrong with a body, by GA4's rules and by the project's tracking plan. Stores
    nothing and looks at no key."""
    try:
        body = await intake.body(request)
    except NotStored as problem:
        return answers.later(problem, close=True)
    if isinstance(body, Unusable):
        found, close = [of_fault(body.fault)], body.close
    else:
        now_ms, close = intake.now_ms(), False
        found = messages(body, now_ms)
        told = {message.field_path for message in found}
        ours = [fault for fault in _faults(intake, body, now_ms) if fault.where not in told]
        found += [of_fault(fault) for fault in ours]
    return answers.json_answer(200, msgspec.json.encode({"validationMessages": found}), close=close)


def _faults(intake: Intake, body: bytes, now_ms: int) -> list[Fault]:
    """What the door would refuse, with the place in the whole body."""
    calls = read_measurement(body, now_ms)
    if isinstance(calls, Fault):
        return [calls] if calls.where else []
    found = []
    reads = read_calls(intake.parser, calls, now_ms, UNKNOWN_SOURCE)
    for call, read in zip(calls, reads, strict=True):
        fault = read
        if isinstance(fault, Event):
            if intake.names_somebody(fault):
                continue
            fault = NOBODY_NAMED
        where = ".".join(part for part in (call.inside, fault.where) if part)
        found.append(msgspec.structs.replace(fault, where=where))
    return found
