"""The heart: events and the passing of time in, changes out.

`apply` takes all events of one person that became known at one instant, `wake` the passing of
time alone; both evaluate once, after everything of the instant has been taken in, so nobody
enters and leaves in the same millisecond. `profile` is changed in place. No I/O, no clock.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from typing import Any

from ebbline.engine.changes import Change, ChangeKind
from ebbline.engine.forced import in_force, inherit
from ebbline.engine.formulas import ByPath, Literals
from ebbline.engine.limits import NEVER
from ebbline.engine.paths import member_by_path, remember, take_due
from ebbline.engine.personal import USER_ID, preferences
from ebbline.engine.profile import Profile
from ebbline.engine.tables import Tables, holds
from ebbline.engine.tracks import HEADS
from ebbline.errors import Invariant
from ebbline.events.event import Event


def new_profile(tables: Tables, profile_id: int) -> Profile:
    """A person without events; enters what an empty person satisfies at the first `apply`."""
    return Profile(profile_id, bytearray(tables.default_truth))


def apply(tables: Tables, profile: Profile, events: Sequence[Event], now_ms: int) -> list[Change]:
    """Take in events that became known at `now_ms` and say what changed.

    The caller has woken the person for everything due before `now_ms`; what is due at `now_ms`
    itself is settled here, together with the events.
    """
    trail: Trail = [(event.message_id, _take(tables, profile, event, now_ms)) for event in events]
    if len(trail) == 1 and profile.born and profile.wake_ms > now_ms:
        return _settle(tables, profile, trail[0][1], now_ms, trail)
    touched = {group for _, groups in trail for group in groups}
    touched.update([group for group, at in profile.due.items() if at <= now_ms])
    also: tuple[int, ...] = ()
    if not profile.born:
        profile.born = True
        touched.update(tables.birth_groups)
        also = tables.born_into
    places = sorted(touched)
    if places and places[0] < 0:
        also += take_due(profile, places)
        places = [place for place in places if place >= 0]
    return _settle(tables, profile, places, now_ms, trail, also)


# Of the events of one instant, in order: the messageId and the groups of conditions it touched.
Trail = list[tuple[str, Sequence[int]]]


def _take(tables: Tables, profile: Profile, event: Event, now_ms: int) -> Sequence[int]:
    """Add one event to the tracks and traits it feeds; the groups to look at, in order."""
    fed = tables.feeds.get(event.name, tables.star)
    tracks, time_ms, more = profile.tracks, event.time_ms, None
    for where, value, add, track_id, groups, first_groups in fed.of(event):
        if where is not None:
            if where(event) is not True:
                continue
            more = more or set(fed.groups)
            more.update(groups)
        amount = None if value is None else value(event)
        record = tracks.get(track_id)
        if first_groups and (record is None or time_ms < record[HEADS][0]):
            more = more or set(fed.groups)
            more.update(first_groups)
        added = add(record, time_ms, event.message_id, amount, now_ms)
        if added is not record:
            tracks[track_id] = added
    if event.traits or event.group_id is not None or tables.asks_person:
        more = more or set(fed.groups)
        _take_traits(tables, profile, event, more)
    return fed.groups if more is None else sorted(more)


def wake(tables: Tables, profile: Profile, now_ms: int) -> list[Change]:
    """Let time pass up to `now_ms`, at which something of this person is due."""
    places = [group for group, at in profile.due.items() if at <= now_ms]
    if len(places) > 1:
        places.sort()
    if places and places[0] < 0:
        bits = take_due(profile, places)
        return _settle(tables, profile, [p for p in places if p >= 0], now_ms, [], bits)
    return _settle(tables, profile, places, now_ms, [])


def give(tables: Tables, profile: Profile, name: str, value: Any, now_ms: int,
         cause: str) -> list[Change]:  # fmt: skip
    """Set a trait that no event carries, of a person who was woken for everything due before
    `now_ms`; what changed."""
    touched: set[int] = set()
    _set_trait(tables, profile, name, (value, now_ms, cause), touched)
    touched.update([group for group, at in profile.due.items() if at <= now_ms])
    places = sorted(touched)
    also: tuple[int, ...] = ()
    if places and places[0] < 0:
        also = take_due(profile, places)
        places = [place for place in places if place >= 0]
    return _settle(tables, profile, places, now_ms, [(cause, places)], also)


def look(tables: Tables, profile: Profile, bits: tuple[int, ...], now_ms: int) -> list[Change]:
    """Look at some audiences again, and at nothing else."""
    return _settle(tables, profile, (), now_ms, [], bits)


def refresh(tables: Tables, profile: Profile, now_ms: int) -> None:
    """Bring the truth of every condition up to an instant, also where nothing depends on it:
    for reading and comparing states, not for running."""
    for group in tables.groups:
        group.sense(profile, now_ms, [])


def merge(tables: Tables, winner: Profile, loser: Profile, now_ms: int) -> list[Change]:
    """Give everything the loser has done to the winner.

    Associative and commutative in content. The winner is evaluated at its next `apply` or
    `wake`, which the caller must do at the same instant; the loser is gone. Of what depends on
    the past, the winner's memberships and the times since when they last stand.
    """
    touched: set[int] = set()
    for track_id, record in loser.tracks.items():
        track = tables.tracks[track_id]
        mine = winner.tracks.get(track_id)
        if mine is None:
            winner.tracks[track_id] = record
        else:
            track.merge(mine, record, now_ms)
        touched.update(track.groups, track.first_groups)
    for name, entry in loser.traits.items():
        _set_trait(tables, winner, name, entry, touched)
    for group in touched:
        winner.due[group] = now_ms
    if loser.overrides is not None:
        inherit(winner, loser, now_ms)
    winner.wake_ms = min(winner.due.values(), default=NEVER)
    return [note(loser, "merged", "", now_ms, None, winner.id)]


def note(profile: Profile, kind: ChangeKind, definition: str, at_ms: int, cause: str | None,
         value: Any = None) -> Change:  # fmt: skip
    """The next change of this person, with its number."""
    profile.number += 1
    return Change(profile.id, profile.number, kind, definition, at_ms, cause, value)


def trait_value(tables: Tables, profile: Profile, name: str, now_ms: int) -> Any:
    """A computed trait's value at an instant not before the person's last change."""
    return tables.trait_readings[name](profile, now_ms)[0]


def _take_traits(tables: Tables, profile: Profile, event: Event, touched: set[int]) -> None:
    stamp = (event.time_ms, event.message_id)
    if event.type == "identify":
        for name, value in event.traits.items():
            _set_trait(tables, profile, name, (value, *stamp), touched)
    elif event.type == "group":
        _set_trait(tables, profile, "group_id", (event.group_id, *stamp), touched)
        for name, value in event.traits.items():
            _set_trait(tables, profile, "group." + name, (value, *stamp), touched)
    if tables.asks_user and event.user_id is not None:  # after a trait that is sent by this name
        _set_trait(tables, profile, USER_ID, (event.user_id, *stamp), touched)
    if tables.asks_consent:
        for name, value in preferences(event):
            _set_trait(tables, profile, name, (value, *stamp), touched)


def _set_trait(tables: Tables, profile: Profile, name: str, entry: tuple[Any, int, str],
               touched: set[int]) -> None:  # fmt: skip
    """Last write wins, by (event time, messageId)."""
    known = profile.traits.get(name)
    if known is not None and (known[1], known[2]) >= (entry[1], entry[2]):
        return
    profile.traits[name] = entry
    touched.update(tables.trait_groups.get(name, ()))


def _settle(tables: Tables, profile: Profile, places: Sequence[int], now_ms: int,
            trail: Trail, also: tuple[int, ...] = ()) -> list[Change]:  # fmt: skip
    """Look at groups of conditions, then at the audiences that read what changed (and at
    those in `also`), and arm the next wake."""
    changed: list[int] = []
    _sense(tables, profile, places, now_ms, changed)
    changes: list[Change] = []
    if changed or also:
        if tables.gated:
            _open_gates(tables, profile, now_ms, changed)
        if len(changed) == 1 and changed[0] >= 0 and not also:
            order = tables.watchers[changed[0]]
        else:
            order = _watching(tables, changed, also)
        if order:
            _members(tables, profile, order, now_ms, trail, changes, changed)
        if changed and min(changed) < 0:
            _publish(tables, profile, changed, now_ms, trail, changes)
    due = profile.due
    profile.wake_ms = wake_ms = min(due.values()) if due else NEVER
    if wake_ms <= now_ms:
        message = f"profile {profile.id} would wake at {wake_ms}, not after {now_ms}"
        raise Invariant(message)
    return changes


def _watching(tables: Tables, changed: list[int], also: tuple[int, ...]) -> tuple[int, ...]:
    """The audiences that read any changed condition, in dependency order."""
    found = set(also)
    for condition in changed:
        if condition >= 0:
            found.update(tables.watchers[condition])
    return tuple(sorted(found))


def _publish(tables: Tables, profile: Profile, changed: list[int], now_ms: int,
             trail: Trail, changes: list[Change]) -> None:  # fmt: skip
    """Announce the traits among what changed."""
    cause = trail[-1][0] if trail else None
    for trait in [-1 - c for c in changed if c < 0]:
        name, value = tables.traits[trait], profile.published[trait]
        changes.append(note(profile, "trait", name, now_ms, cause, value))


def _open_gates(tables: Tables, profile: Profile, now_ms: int, changed: list[int]) -> None:
    """Look again at groups whose timers may have become worth setting."""
    opens, truth, looked = tables.opens, profile.truth, 0
    while looked < len(changed):
        places = [p for c in changed[looked:] if c >= 0 for p in opens[c][truth[c]]]
        looked = len(changed)
        if places:
            _sense(tables, profile, sorted(set(places)), now_ms, changed)


def _sense(tables: Tables, profile: Profile, places: Sequence[int], now_ms: int,
           changed: list[int]) -> None:  # fmt: skip
    groups, due = tables.groups, profile.due
    for place in places:
        flips = groups[place].sense(profile, now_ms, changed)
        if flips < NEVER:
            due[place] = flips
        elif place in due:
            del due[place]


def _members(tables: Tables, profile: Profile, order: Sequence[int], now_ms: int,
             trail: Trail, changes: list[Change], changed: list[int]) -> None:  # fmt: skip
    """Evaluate audiences in dependency order; an audience that others read adds them, and to
    `changed` the traits that read it."""
    formulas, truth, raw = tables.formulas, profile.truth, profile.raw
    if profile.overrides is not None:
        formulas = in_force(formulas, profile, now_ms)
    if tables.member_groups:
        order = list(order)
    flipped: list[int] = []
    for bit in order:  # grows while it runs: dependants always stand behind
        formula = formulas[bit]
        if type(formula) is Literals:  # as `holds`, without the call
            true = True
            for condition, wanted in formula.pairs:
                if truth[condition] != wanted:
                    true = False
                    break
        elif type(formula) is ByPath:
            true = member_by_path(formula, profile, now_ms)
        else:
            true = holds(formula, truth)
        if true != raw >> bit & 1:
            profile.raw = raw = raw ^ 1 << bit
            flipped.append(bit)
            if bit in tables.member_groups:
                _wake_dependants(tables, profile, bit, now_ms, order, changed)
    if not flipped:
        return
    if tables.by_path:
        remember(tables.by_path, profile, flipped, now_ms)
    before = profile.effective
    profile.effective = effective = _effective(tables, raw) if tables.priority else raw
    cause = trail[-1][0] if trail else None
    for bit in flipped:
        if len(trail) > 1:
            cause = _cause(tables, trail, bit)
        profile.number += 1
        changes.append(Change(
            profile.id, profile.number, "entered" if raw >> bit & 1 else "exited",
            tables.audiences[bit], now_ms, cause, effective >> bit & 1 == 1,
        ))  # fmt: skip
    moved = (before ^ effective) & raw if tables.priority else 0
    for bit in tables.priority_of if moved else ():
        if moved >> bit & 1 and bit not in flipped:
            value = bool(effective >> bit & 1)
            kind: ChangeKind = "restored" if value else "suppressed"
            cause = _cause(tables, trail, flipped[-1])
            changes.append(note(profile, kind, tables.audiences[bit], now_ms, cause, value))


def _cause(tables: Tables, trail: Trail, bit: int) -> str | None:
    """The last event of the instant that concerned an audience."""
    if len(trail) > 1:
        concerned = tables.groups_of[bit]
        for message_id, groups in reversed(trail):
            if not concerned.isdisjoint(groups):
                return message_id
    return trail[-1][0] if trail else None


def _wake_dependants(tables: Tables, profile: Profile, bit: int, now_ms: int,
                     order: Any, told: list[int]) -> None:  # fmt: skip
    changed: list[int] = []
    _sense(tables, profile, tables.member_groups[bit], now_ms, changed)
    _open_gates(tables, profile, now_ms, changed)
    for condition in changed:
        if condition < 0:
            told.append(condition)
            continue
        for dependant in tables.watchers[condition]:
            if dependant not in order:
                insort(order, dependant)


def _effective(tables: Tables, raw: int) -> int:
    """Of each priority group's audiences that a person is in, only the first counts."""
    effective = raw
    for members in tables.priority:
        taken = False
        for bit in members:
            if raw >> bit & 1:
                if taken:
                    effective &= ~(1 << bit)
                taken = True
    return effective
