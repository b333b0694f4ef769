"""Sizes and flips of an audience for several thresholds.

Sizes are one query over the history. Entries and exits come of one replay of the log through
the engine, under a plan that holds the audience once for each threshold; where that is too dear,
of queries at each day's end, which see only what is left of a day. Nothing is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec
from msgspec.structs import replace

from ebbline.definitions.differences import same_identity
from ebbline.definitions.plan import AudienceDef, Plan
from ebbline.definitions.thresholds import with_threshold
from ebbline.definitions.tree import Compare
from ebbline.engine.inline import Inliner
from ebbline.engine.limits import DAY_MS
from ebbline.errors import NotInSql, Refused
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.log import Entry, Log
from ebbline.hosts.embedded.preview.limits import SCRATCH_EVENTS
from ebbline.hosts.embedded.preview.sides import Live, Moment, Progress
from ebbline.hosts.embedded.reading.asking import Asker
from ebbline.hosts.embedded.state.fold import Fold
from ebbline.hosts.embedded.state.schema import KINDS
from ebbline.hosts.embedded.state.store import LedgerRow, StateStore
from ebbline.hosts.embedded.sweeping.limits import REPLAY_EVENTS_MAX
from ebbline.warehouse.query import Query, memberships, narrowed

How = Literal["replay", "sql"]
_NOWHERE = Path(":memory:")  # SQLite's name for a store without a file
_ENTERED, _EXITED = KINDS["entered"], KINDS["exited"]


class Day(msgspec.Struct, frozen=True):
    """Entries and exits in the 24 hours up to and including an instant."""

    until_ms: int
    entered: int
    exited: int


class Swept(msgspec.Struct, frozen=True):
    """The audience with one threshold: people in it now, and every day looked back at, the
    oldest first."""

    threshold: float
    people: int
    days: tuple[Day, ...]

    @property
    def flips_a_day(self) -> float:
        """Entries and exits on an average day."""
        flips = sum(day.entered + day.exited for day in self.days)
        return flips / len(self.days) if self.days else 0.0


class Sweep(msgspec.Struct, frozen=True):
    """All of it, as of `at_ms`. `sizes` and `flips` say what answered: of flips, "sql" means
    what differs from one day's end to the next, so that who came and went within is not in it."""

    at_ms: int
    sizes: How
    flips: How
    rows: tuple[Swept, ...]


class _Question(msgspec.Struct, frozen=True):
    """A plan with the audience once for each threshold, under the names in `names`."""

    plan: Plan
    names: tuple[str, ...]
    moment: Moment
    days: int

    def ends(self) -> list[int]:
        """The ends of the days looked back at, after the start of the first."""
        last = self.moment.at_ms
        return [last - DAY_MS * back for back in range(self.days, -1, -1)]


def sweep(
    folder: DataFolder, plan: Plan, audience: AudienceDef, node: Compare,
    thresholds: Sequence[float], days: int, *, replay: bool | None = None,
    progress: Progress = lambda _done, _all: None,
) -> Sweep:  # fmt: skip
    """An audience of a plan with each threshold in the place of one comparison's number, by the
    rule alone: without overrides by hand and priority groups. `replay` says whether flips come
    of a replay or of queries; None: of a replay, where it is not too long."""
    with Live(folder) as live:
        question = _question(plan, audience, node, thresholds, days, live.moment)
        can_ask = same_identity(live.plan, plan)
    log = Log(folder.log, SystemClock(), read_only=True)
    try:
        short = log.count_events(0, question.moment.offset) <= REPLAY_EVENTS_MAX
        by_query = not (short if replay is None else replay)
        asked = _asked(folder, question, flips=by_query) if can_ask else None
        if asked is not None and by_query:
            return _swept(question, thresholds, asked, "sql", "sql")
        if replay is False:
            message = (
                "No query can tell this audience, or the history does not hold every event any"
                " more; --replay folds the log instead."
            )
            raise Refused(message)
        counted = _replayed(question, log, progress)
    finally:
        log.close()
    if asked is None:
        return _swept(question, thresholds, counted, "replay", "replay")
    both = _Counted(asked.people, counted.entered, counted.exited)
    return _swept(question, thresholds, both, "sql", "replay")


def _question(
    plan: Plan, audience: AudienceDef, node: Compare, thresholds: Sequence[float], days: int,
    moment: Moment,
) -> _Question:  # fmt: skip
    names = tuple(f"{audience.name} {number}" for number in range(len(thresholds)))
    small = narrowed(plan, audience.name)
    rules = Inliner(plan)
    variants = [
        with_threshold(audience, node, value, name)
        for value, name in zip(thresholds, names, strict=True)
    ]
    inlined = tuple(
        replace(
            each,
            when=rules(each.when),
            exit_when=None if each.exit_when is None else rules(each.exit_when),
        )
        for each in (*[o for o in small.audiences if o.name != audience.name], *variants)
    )
    alone = replace(small, audiences=inlined, traits=(), groups=(), destinations=())
    return _Question(alone, names, moment, days)


class _Counted(msgspec.Struct, frozen=True):
    """People now by audience; entries and exits by (audience, day's end)."""

    people: dict[str, int]
    entered: Counter[tuple[str, int]]
    exited: Counter[tuple[str, int]]


def _swept(
    question: _Question, thresholds: Sequence[float], counted: _Counted, sizes: How, flips: How
) -> Sweep:
    rows = tuple(
        Swept(
            value,
            counted.people.get(name, 0),
            tuple(
                Day(end, counted.entered[name, end], counted.exited[name, end])
                for end in question.ends()[1:]
            ),
        )
        for value, name in zip(thresholds, question.names, strict=True)
    )
    return Sweep(question.moment.at_ms, sizes, flips, rows)


# -- by queries ------------------------------------------------------------------------------


def _asked(folder: DataFolder, question: _Question, *, flips: bool) -> _Counted | None:
    """People now and, with `flips`, what differs from one day's end to the next; None where no
    query can tell."""
    others = {each.name for each in question.plan.audiences} - set(question.names)
    entered: Counter[tuple[str, int]] = Counter()
    exited: Counter[tuple[str, int]] = Counter()
    before: dict[str, set[int]] = {}
    try:
        with Asker(folder) as asker:
            if not asker.answers(others, question.moment.at_ms):
                return None
            for end in question.ends() if flips else [question.moment.at_ms]:
                query = memberships(question.plan, end)
                now = _members(query, asker.rows(query, end), question.names)
                for name in question.names if before else ():
                    entered[name, end] = len(now[name] - before[name])
                    exited[name, end] = len(before[name] - now[name])
                before = now
    except NotInSql:
        return None
    return _Counted({name: len(found) for name, found in before.items()}, entered, exited)


def _members(
    query: Query, rows: Iterable[Sequence[int]], names: Sequence[str]
) -> dict[str, set[int]]:
    places = {each.name: 1 + 2 * number for number, each in enumerate(query.audiences)}
    found: dict[str, set[int]] = {name: set() for name in names}
    for row in rows:
        for name in names:
            if row[places[name]]:
                found[name].add(row[0])
    return found


# -- by a replay -----------------------------------------------------------------------------


class _Counting(StateStore):
    """A store in memory that counts what the ledger would get, and keeps none of it."""

    def __init__(self, day_of: Callable[[int], int | None]) -> None:
        super().__init__(_NOWHERE)
        self._day_of = day_of
        self.flips: Counter[tuple[int, int, int]] = Counter()  # definition, day's end, kind

    def add_ledger(self, rows: Iterable[LedgerRow]) -> None:
        """Count changes."""
        for _, _, _, kind, definition, at_ms, _, _, _ in rows:
            if kind in (_ENTERED, _EXITED) and (end := self._day_of(at_ms)) is not None:
                self.flips[definition, end, kind] += 1


def _replayed(question: _Question, log: Log, progress: Progress) -> _Counted:
    """The whole log through the engine, under the plan with all thresholds."""
    last, start = question.moment.at_ms, question.ends()[0]

    def day_of(at_ms: int) -> int | None:
        """The end of the 24 hours that an instant is in."""
        return None if not start < at_ms <= last else last - (last - at_ms) // DAY_MS * DAY_MS

    store = _Counting(day_of)
    try:
        fold = Fold(store, question.plan, log)
        done = unwritten = 0
        whole = log.count_events(0, question.moment.offset)
        for entry in log.read(0):
            if entry.offset > question.moment.offset:
                break
            events = log.events(entry) if entry.kind in ("events", "replayed") else []
            fold.take(entry, events)
            done, unwritten = done + len(events), unwritten + len(events)
            if unwritten >= SCRATCH_EVENTS:
                fold.commit()
                progress(done, whole)
                unwritten = 0
        fold.take(Entry(fold.offset, last, "tick", 0, b""), [])
        fold.commit()
        names = {number: name for name, number in store.definition_ids(()).items()}
        counted = _Counted(store.member_counts(), Counter(), Counter())
        for (definition, end, kind), flips in store.flips.items():
            into = counted.entered if kind == _ENTERED else counted.exited
            into[names[definition], end] += flips
        return counted
    finally:
        store.close()
