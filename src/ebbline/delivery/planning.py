"""What to send now: batches within the vendor's limits and pace, one request per person.

People in flight, fenced or waiting for a retry are not ready, so at most one request that
names a person is ever under way, and it carries that person's newest values.
"""

from __future__ import annotations

from itertools import islice

import msgspec

from ebbline.delivery.lane import Lane
from ebbline.delivery.limits import ITEM_FRAME_BYTES, SCAN_FACTOR_TIMES
from ebbline.delivery.person import Person, pending
from ebbline.delivery.send import Item, Send, Value


def plan(lane: Lane, now_ms: int) -> list[Send]:
    """Requests to make now; each is in flight from here until `settle`."""
    lane.release(now_ms)
    sends: list[Send] = []
    while _may_send(lane, now_ms):
        probe = lane.breaker.open_until_ms > 0
        batch = _collect(lane, 1 if probe else lane.limits.objects_max)
        if not batch or not lane.pace.take(now_ms):
            break
        send = _depart(lane, batch, now_ms, probe=probe)
        if probe:
            lane.breaker.probe = send.id
        sends.append(send)
    return sends


def wake_at_ms(lane: Lane, now_ms: int) -> int | None:
    """When to call `plan` again if nothing else happens; None: only when something does."""
    timer = lane.next_timer_ms()
    if lane.breaker.disabled:
        return None
    if not lane.ready and lane.spilled and not lane.flights:
        return now_ms
    if not lane.ready or lane.breaker.probe:
        return timer
    if len(lane.flights) >= lane.limits.concurrency:
        return timer
    at_ms = max(lane.pace.next_ms(now_ms), lane.breaker.open_until_ms)
    if not _is_full(lane):
        at_ms = max(at_ms, _oldest_ms(lane) + lane.limits.linger_ms)
    return at_ms if timer is None else min(at_ms, timer)


def _may_send(lane: Lane, now_ms: int) -> bool:
    if not lane.ready or len(lane.flights) >= lane.limits.concurrency:
        return False
    if not lane.breaker.may_send(now_ms) or lane.pace.next_ms(now_ms) > now_ms:
        return False
    return _is_full(lane) or now_ms >= _oldest_ms(lane) + lane.limits.linger_ms


def _is_full(lane: Lane) -> bool:
    return len(lane.ready) >= lane.limits.objects_max


def _oldest_ms(lane: Lane) -> int:
    return next(iter(lane.ready.values()))


def _collect(lane: Lane, people_max: int) -> list[tuple[Person, list[str]]]:
    """The next batch: people in order, as many as the limits and their own narrowing allow."""
    limits = lane.limits
    batch: list[tuple[Person, list[str]]] = []
    objects = size = 0
    for address in list(islice(lane.ready, limits.objects_max * SCAN_FACTOR_TIMES)):
        if len(batch) >= people_max:
            break
        person = lane.people[address]
        allowed = min(people_max, person.people_max or people_max)
        if len(batch) >= allowed:
            continue
        fields = _fields(lane, person, limits.objects_max - objects)
        weight = len(fields) if limits.counts == "fields" else 1
        bytes_more = _size(person, fields)
        if objects + weight > limits.objects_max or not fields:
            break
        if batch and size + bytes_more > limits.bytes_max:
            break
        batch.append((person, fields))
        people_max = allowed
        objects, size = objects + weight, size + bytes_more
    return batch


def _fields(lane: Lane, person: Person, objects_left: int) -> list[str]:
    """What to send of one person; the rest, if it does not fit, follows in the next request."""
    fields = pending(person, lane.feeds)
    if person.fields_max:
        fields = fields[: person.fields_max]
    return fields[:objects_left] if lane.limits.counts == "fields" else fields


def _size(person: Person, fields: list[str]) -> int:
    """About how many bytes the values take in a body, rather too many than too few."""
    total = ITEM_FRAME_BYTES + len(person.address.value)
    for field in fields:
        total += len(field) + len(msgspec.json.encode(person.cells[field].desired)) + 8
    return total


def _depart(lane: Lane, batch: list[tuple[Person, list[str]]], now_ms: int, *, probe: bool) -> Send:
    """Put a batch in flight. From here on its values count as unsure, whatever happens."""
    send_id = next(lane.ids)
    items: list[Item] = []
    for person, fields in batch:
        values: list[Value] = []
        for field in fields:
            cell = person.cells[field]
            values.append(Value(field, cell.kind, cell.desired, cell.version, cell.at_ms,
                                cell.queued_ms, cell.sure))  # fmt: skip
            cell.sure = False
        items.append(Item(person.address, tuple(values)))
        person.sending = send_id
        lane.ready.pop(person.address, None)
        lane.touch(person.address, fields)
    attempt = 1 + max(person.tries for person, _ in batch)
    send = Send(send_id, lane.destination, tuple(items), now_ms, attempt, probe)
    lane.flights[send_id] = send
    return send
