"""Readings of what follows what: chains of events, and what each value still waits for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ebbline.definitions import tree
from ebbline.engine.limits import NEVER
from ebbline.engine.scalars import equal_key
from ebbline.engine.tracks import FOREVER, HEADS, TIMES, VALUES, edge_of

if TYPE_CHECKING:
    from ebbline.engine.profile import Profile
    from ebbline.engine.readings import Reading, Result, Scope

Steps = Sequence[Sequence[int]]  # of each step the times of its events, in order


def sequence(scope: Scope, node: tree.Sequence) -> Reading:
    """Whether there is a chain of events."""
    chained = chain_reading(scope, node)

    def reading(profile: Profile, now_ms: int) -> Result:
        found, until = chained(profile, now_ms)
        return found is not None, until

    return reading


def chain_reading(scope: Scope, node: tree.Sequence) -> Reading:
    """The times of a chain of events, or null. Time alone does not change it, only a `since` that
    moves. A late event may complete a chain of long ago, so what a chain could still use is
    kept for good."""
    steps = tuple(scope.book.track(step, None, "events") for step in node.steps)
    scope.tracks.update(track.id for track in steps)
    within, gap = node.within_ms, node.gap_ms
    # Where nothing bounds the chain, its first event may as well be the earliest, and its last
    # the latest.
    free = within is None and gap is None
    since = None if node.since is None else scope.moment(node.since)
    places = [TIMES] * len(steps)
    for number, track in enumerate(steps):
        if free and since is None and number == 0:
            track.needs.heads = max(track.needs.heads, 1)
            places[0] = HEADS
        elif free and number == len(steps) - 1:
            track.needs.latest = max(track.needs.latest, 1)
        else:
            track.needs.keep_ms = FOREVER

    def reading(profile: Profile, now_ms: int) -> Result:
        start_ms, until = (None, NEVER) if since is None else since(profile, now_ms)
        if since is not None and start_ms is None:
            return None, until
        found: list[Sequence[int]] = []
        for track, place in zip(steps, places, strict=True):
            record = profile.tracks.get(track.id)
            if record is None:
                return None, until
            times = record[place]
            found.append(times if start_ms is None else times[bisect_left(times, start_ms) :])
        return chain(found, within, gap), until

    return reading


def chain(steps: Steps, within_ms: int | None, gap_ms: int | None) -> list[int] | None:
    """The times of a chain through all steps, or None.

    Of each event of a step it is enough to know the latest start of a chain that ends with it.
    The later the event, the later that start, so the one before it in the best chain is simply
    the latest that is near enough.
    """
    starts = [(at, at) for at in steps[0]]  # time, and where the latest such chain began
    done = [starts]
    for times in steps[1:]:
        before, starts, place = starts, [], 0
        for at in times:
            while place < len(before) and before[place][0] < at:
                place += 1
            if place and (gap_ms is None or at - before[place - 1][0] <= gap_ms):
                starts.append((at, before[place - 1][1]))
        if not starts:
            return None
        done.append(starts)
    for at, began in starts:
        if within_ms is None or at - began < within_ms:
            return _traced(done, at)
    return None


def _traced(done: list[list[tuple[int, int]]], at_ms: int) -> list[int]:
    """Back from the end of a chain: of each step the latest event before."""
    found = [at_ms]
    for starts in reversed(done[:-1]):
        found.append(starts[bisect_left(starts, (found[-1],)) - 1][0])
    return found[::-1]


def missed_on(scope: Scope, node: tree.Missed) -> Reading:
    """Whether for any value of a property the time ran out without the event."""
    unanswered = unanswered_reading(scope, node)
    within = node.within_ms

    def reading(profile: Profile, now_ms: int) -> Result:
        found, _ = unanswered(profile, now_ms)
        if found is None:
            return False, NEVER
        ends = found[0] + within
        return (True, NEVER) if now_ms >= ends else (False, ends)

    return reading


def unanswered_reading(scope: Scope, node: tree.Missed) -> Reading:
    """Time and value of the earliest event that had no answer in its time so far, or null. What
    lies before the edge of the answers counts as answered."""
    on = tree.Property(node.on)
    awaited = scope.book.track(node.event, on, "scalar")
    began = scope.book.track(node.after, on, "scalar")
    scope.tracks.update((awaited.id, began.id))
    scope.timed = True
    for track in (awaited, began):
        track.needs.values = True
        track.needs.keep_ms = FOREVER
    within = node.within_ms

    def reading(profile: Profile, now_ms: int) -> Result:
        del now_ms
        tracks = profile.tracks
        return _first_unanswered(tracks.get(began.id), tracks.get(awaited.id), within), NEVER

    return reading


def _first_unanswered(began: Any, awaited: Any, within_ms: int) -> tuple[int, Any] | None:
    if began is None:
        return None
    answers: dict[str | None, list[int]] = {}
    if awaited is not None:
        for at, value in zip(awaited[TIMES], awaited[VALUES], strict=True):
            answers.setdefault(equal_key(value), []).append(at)
    answers.pop(None, None)  # equal to nothing
    edge = edge_of(awaited) if awaited is not None else None
    for at, value in zip(began[TIMES], began[VALUES], strict=True):
        if edge is not None and at <= edge:
            continue
        times = answers.get(equal_key(value), ())
        place = bisect_left(times, at)
        if place == len(times) or times[place] >= at + within_ms:
            return at, value
    return None
