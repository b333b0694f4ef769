"""What to send now: batches within the vendor's limits and pace, one request per person.

People in flight, fenced or waiting for a retry are not ready, so at most one request that
names a person is ever under way, and it carries that person's newest values.
"""

from __future__ import annotations

from itertools import islice

import msgspec

from ebbline.delivery.feeds import ERRAND
from ebbline.delivery.lane import Lane
from ebbline.delivery.limits import ITEM_FRAME_BYTES, SCAN_FACTOR_TIMES
from ebbline.delivery.person import Person, pending, wanted
from ebbline.delivery.send import Item, Send, Value


def plan(lane: Lane, now_ms: int) -> list[Send]:
    """Requests to make now; each is in flight from here until `settle`."""
    lane.release(now_ms)
    sends: list[Send] = []
    while _may_send(lane, now_ms):
        probe = lane.breaker.open_until_ms > 0
        batch = _collect(lane, single=probe)
        if not batch.people or not lane.pace.take(now_ms):
            break
        send = _depart(lane, batch, now_ms, probe=probe)
        if probe:
            lane.breaker.probe = send.id
        sends.append(send)
    return sends


def wake_at_ms(lane: Lane, now_ms: int) -> int | None:
    """When to call `plan` again if nothing else happens; None: only when something does."""
    timer = lane.next_timer_ms()
    if lane.breaker.disabled or lane.paused:
        return None
    if not lane.ready and lane.spilled and not lane.flights:
        return now_ms
    if not lane.ready or lane.breaker.probe:
        return timer
    if len(lane.flights) >= lane.limits.concurrency:
        return timer
    at_ms = max(lane.pace.next_ms(now_ms), lane.breaker.open_until_ms)
    if not _is_full(lane):
        at_ms = max(at_ms, lane.ready.oldest_ms() + lane.limits.linger_ms)
    return at_ms if timer is None else min(at_ms, timer)


def _may_send(lane: Lane, now_ms: int) -> bool:
    if lane.paused or not lane.ready or len(lane.flights) >= lane.limits.concurrency:
        return False
    if not lane.breaker.may_send(now_ms) or lane.pace.next_ms(now_ms) > now_ms:
        return False
    return _is_full(lane) or now_ms >= lane.ready.oldest_ms() + lane.limits.linger_ms


def _is_full(lane: Lane) -> bool:
    return len(lane.ready) >= lane.limits.objects_max


class Batch(msgspec.Struct):
    """People and fields that go into one request, all on one route."""

    people: list[tuple[Person, list[str]]] = []
    route: str = ""
    objects: int = 0
    size: int = 0


def _collect(lane: Lane, *, single: bool) -> Batch:
    """The next batch: people in order, as many as the limits and their own narrowing allow.
    The first one's first field decides the route; who needs another one waits."""
    limits, batch = lane.limits, Batch()
    people_max = 1 if single else limits.objects_max
    for address in list(islice(lane.ready, limits.objects_max * SCAN_FACTOR_TIMES)):
        if len(batch.people) >= people_max:
            break
        person = lane.people[address]
        fields = _fields(lane, person, batch)
        if not single and not batch.people:
            people_max = limits.objects(batch.route)
        allowed = min(people_max, person.people_max or people_max)
        if not fields or len(batch.people) >= allowed:
            continue
        left = limits.objects(batch.route) - batch.objects
        if limits.counts_fields(batch.route):
            fields = fields[:left]
        weight = len(fields) if limits.counts_fields(batch.route) else 1
        size = _size(person, fields)
        if not fields or weight > left or (batch.people and batch.size + size > limits.bytes_max):
            break
        batch.people.append((person, fields))
        people_max = allowed
        batch.objects, batch.size = batch.objects + weight, batch.size + size
    return batch


def _fields(lane: Lane, person: Person, batch: Batch) -> list[str]:
    """What to send of one person on the batch's route, which the first one decides; the rest
    follows in another request. An errand leaves only when nothing else waits."""
    found: list[str] = []
    for place, field in enumerate(pending(person, lane.feeds)):
        cell, feed = person.cells[field], lane.feed(field)
        if cell.kind == ERRAND and place:
            break
        value = wanted(person, cell, feed)
        route = lane.manners.route(person.address, person.handle, feed, value)
        if not batch.people and not found:
            batch.route = route
        if route == batch.route:
            found.append(field)
    return found[: person.fields_max] if person.fields_max else found


def _size(person: Person, fields: list[str]) -> int:
    """About how many bytes the values take in a body, rather too many than too few."""
    total = ITEM_FRAME_BYTES + len(person.address.value)
    for field in fields:
        total += len(field) + len(msgspec.json.encode(person.cells[field].desired)) + 8
    return total


def _depart(lane: Lane, batch: Batch, now_ms: int, *, probe: bool) -> Send:
    """Put a batch in flight. From here on its values count as unsure, whatever happens."""
    send_id = next(lane.ids)
    items: list[Item] = []
    for person, fields in batch.people:
        values = tuple(_value(lane, person, field) for field in fields)
        items.append(Item(person.address, values, person.handle))
        person.sending = send_id
        lane.ready.discard(person.address)
        lane.touch(person.address, fields)
    attempt = 1 + max(person.tries for person, _ in batch.people)
    send = Send(send_id, lane.destination, tuple(items), now_ms, attempt, probe, batch.route)
    lane.flights[send_id] = send
    return send


def _value(lane: Lane, person: Person, field: str) -> Value:
    cell, feed = person.cells[field], lane.feed(field)
    value = Value(field, cell.kind, wanted(person, cell, feed), cell.version, cell.at_ms,
                  cell.queued_ms, cell.sure, feed.mode,
                  "" if feed.field == field else feed.field)  # fmt: skip
    cell.sure = False
    return value
