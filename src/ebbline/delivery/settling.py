"""What became of a request: acknowledge, wait, fence, narrow down, or lay aside.

Restoring `sure` means: this request certainly changed nothing at the destination.
"""

from __future__ import annotations

from ebbline.delivery.address import Address
from ebbline.delivery.feeds import ERRAND
from ebbline.delivery.lane import Lane
from ebbline.delivery.limits import (
    AGAIN_AT_ONCE_TIMES,
    DAY_MS,
    GIVE_UP_MS,
    ISOLATE_AFTER_ATTEMPTS,
    THROTTLE_MS,
    THROTTLE_MS_MAX,
)
from ebbline.delivery.person import Person, any_pending
from ebbline.delivery.retry import backoff_ms
from ebbline.delivery.send import Item, Outcome, Reply, Send

_HEALTHY = frozenset(["done", "again", "refused", "split"])
_NEUTRAL = frozenset(["expired"])


def settle(lane: Lane, send_id: int, reply: Reply, now_ms: int) -> None:
    """Take in what became of a request in flight; `reply` has an outcome for each item."""
    send = lane.flights.pop(send_id)
    was_open = lane.breaker.open_until_ms > 0
    _judge(lane, send, reply, now_ms)
    handles = reply.handles or (None,) * len(send.items)
    for item, outcome, handle in zip(send.items, reply.outcomes, handles, strict=True):
        person = lane.people[item.address]
        person.sending = 0
        if handle is not None:
            person.handle = handle
        _apply(lane, send, person, item, outcome, now_ms, ageing=not was_open)
        lane.enqueue(person, now_ms, [value.field for value in item.values])


def revive(lane: Lane, address: Address, field: str, now_ms: int) -> None:
    """Try again what was laid aside; nothing happens where nothing was."""
    person = lane.find(address)
    cell = person.cells.get(field) if person is not None else None
    if person is None or cell is None or not cell.dead:
        return
    cell.dead, cell.dead_attempt = "", 0
    person.tries = person.failed_ms = person.people_max = person.fields_max = 0
    lane.enqueue(person, now_ms, (field,))


def _judge(lane: Lane, send: Send, reply: Reply, now_ms: int) -> None:
    """What the reply says about the destination as a whole."""
    verdicts = {outcome.verdict for outcome in reply.outcomes}
    reason = next((outcome.reason for outcome in reply.outcomes if outcome.reason), "")
    breaker = lane.breaker
    if reply.quota is not None:
        lane.pace.note(reply.quota, now_ms)
    if reply.retry_at_ms is not None:
        longest_ms = DAY_MS if reply.day_over else THROTTLE_MS_MAX
        lane.pace.block(min(reply.retry_at_ms, now_ms + longest_ms))
    if "gone" in verdicts:
        breaker.disable(now_ms, reason)
    elif "misconfigured" in verdicts:
        breaker.misconfigured(now_ms, reason)
    elif "throttled" in verdicts:
        if lane.pace.blocked_until_ms <= now_ms:
            lane.pace.block(now_ms + THROTTLE_MS)
        breaker.throttled(send.id, lane.pace.blocked_until_ms)
    elif verdicts & _HEALTHY:
        breaker.succeeded()
    elif verdicts & _NEUTRAL:
        breaker.throttled(send.id, now_ms)
    else:
        breaker.failed(send.id, now_ms, reason, lane.jitter())


def _apply(lane: Lane, send: Send, person: Person, item: Item, outcome: Outcome, now_ms: int,
           *, ageing: bool) -> None:  # fmt: skip
    match outcome.verdict:
        case "done":
            _acknowledge(lane, person, item)
        case "again":
            _restore(person, item)
            _ask_again(lane, person, now_ms)
        case "retry" | "unsent" | "unknown":
            if outcome.verdict == "unsent":
                _restore(person, item)
            _try_again(lane, send, person, item, outcome, now_ms, ageing=ageing)
        case "refused":
            _restore(person, item)
            _narrow_fields(person, item, outcome, send)
        case "split":
            # Some of it may have been applied: nothing is restored.
            if len(send.items) > 1:
                person.people_max = (len(send.items) + 1) // 2
            else:
                _narrow_fields(person, item, outcome, send)
        case "throttled" | "expired" | "misconfigured" | "gone":
            _restore(person, item)


def _acknowledge(lane: Lane, person: Person, item: Item) -> None:
    for value in item.values:
        cell = person.cells.get(value.field)
        if cell is None:
            continue
        if value.name or (value.kind == ERRAND and cell.version == value.version):
            # Told or done once: nothing is left to hold.
            del person.cells[value.field]
            lane.trimmed.add(person.address)
        else:
            cell.acked, cell.acked_version, cell.sure = value.value, value.version, True
    person.tries = person.failed_ms = person.not_before_ms = 0
    if not any_pending(person, lane.feeds):
        person.people_max = person.fields_max = 0


def _restore(person: Person, item: Item) -> None:
    for value in item.values:
        cell = person.cells.get(value.field)
        if cell is not None:
            cell.sure = value.was_sure


def _ask_again(lane: Lane, person: Person, now_ms: int) -> None:
    """Something was learned that makes the next request a better one."""
    person.tries += 1
    if person.tries > AGAIN_AT_ONCE_TIMES:
        person.not_before_ms = now_ms + backoff_ms(person.tries, lane.jitter())


def _try_again(lane: Lane, send: Send, person: Person, item: Item, outcome: Outcome, now_ms: int,
               *, ageing: bool) -> None:  # fmt: skip
    person.tries += 1
    person.failed_ms = person.failed_ms or now_ms
    person.not_before_ms = now_ms + backoff_ms(person.tries, lane.jitter())
    if outcome.verdict == "unknown":
        # The request may still be on its way: nothing newer may overtake it.
        fence_ms = now_ms + lane.limits.request_ms_max
        person.not_before_ms = max(person.not_before_ms, fence_ms)
    if person.tries >= ISOLATE_AFTER_ATTEMPTS:
        person.people_max = max(1, len(send.items) // 2)
    # While the destination is down nobody ages: its outage says nothing about this person.
    if ageing and now_ms - person.failed_ms >= GIVE_UP_MS:
        _lay_aside(person, item, f"no success in 24 hours; last: {outcome.reason}", send)


def _narrow_fields(person: Person, item: Item, outcome: Outcome, send: Send) -> None:
    """The vendor refuses the person's object: find the field it minds, then lay that aside."""
    if len(item.values) > 1:
        person.fields_max = (len(item.values) + 1) // 2
    else:
        _lay_aside(person, item, outcome.reason or "refused", send)


def _lay_aside(person: Person, item: Item, reason: str, send: Send) -> None:
    """Give up these versions; a newer value of a field is tried as usual."""
    for value in item.values:
        cell = person.cells.get(value.field)
        if cell is not None and cell.version == value.version:
            cell.dead, cell.dead_attempt = reason, send.id
    person.tries = person.failed_ms = 0
