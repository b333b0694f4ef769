"""The fold: log entries in, state out. Here identity, the engine and the timers meet.

For every entry, everything due before its instant fires first, each at its own instant; then
all events of the instant are taken in and each person is evaluated once; then what is due at
the instant itself. Nothing here looks at a clock: time comes with the entries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ebbline import engine
from ebbline.definitions.plan import Plan, encode_plan
from ebbline.engine.advance import apply, wake
from ebbline.engine.changes import Change
from ebbline.engine.limits import NEVER
from ebbline.events.event import Event
from ebbline.hosts.embedded.log import Entry
from ebbline.hosts.embedded.state.people import People, Person
from ebbline.hosts.embedded.state.rows import Rows
from ebbline.hosts.embedded.state.seen import Seen
from ebbline.hosts.embedded.state.store import StateStore
from ebbline.profiles.identifiers import IdentityRules
from ebbline.profiles.resolve import resolve_known, resolve_pairs

# Names the ledger needs besides audiences and traits: the definition of a "merged" row.
NO_DEFINITION = ""


class Fold:
    """The state of one data folder under one plan."""

    def __init__(self, store: StateStore, plan: Plan) -> None:
        self.store = store
        self.plan = plan
        self.offset: int = store.meta("offset") or 0
        self.now_ms: int = store.meta("now_ms") or 0
        self.counts: Counter[str] = Counter()
        self._taken = self._fired = 0  # events and wakes since the last flush
        self._start(plan)

    def _start(self, plan: Plan) -> None:
        self.tables = engine.compile_plan(plan)
        self._rules = IdentityRules(plan.identifiers)
        self.people = People(self.store, self.tables, self._rules)
        names = [*self.tables.audiences, *self.tables.traits, NO_DEFINITION]
        self.rows = Rows(self.store, names)
        self._seen = Seen(self.store, self.now_ms)
        self._wheel = engine.Wheel()
        self._armed: dict[int, int] = {}
        for wake_ms, profile in self.store.wakes():
            self._arm(profile, wake_ms)

    # -- entries ---------------------------------------------------------------------------

    def take(self, entry: Entry, events: Sequence[Event]) -> None:
        """Fold one entry of events or a tick; `commit` makes the result visible."""
        if entry.kind == "replayed":
            self._replay(events, entry.offset)
        elif events:
            self._instant(entry.now_ms, events, entry.offset)
        self.pass_time(entry.now_ms, entry.offset)
        self.offset = entry.offset

    def pass_time(self, until_ms: int, offset: int) -> None:
        """Let everything due up to an instant happen, as of the log entry at `offset`."""
        self._fire(until_ms, offset)
        self.now_ms = max(self.now_ms, until_ms)

    def commit(self) -> int:
        """Write everything since the last commit in one transaction; ledger rows written."""
        self.store.begin()
        try:
            written = self.flush()
            self.store.commit()
        except BaseException:
            self.store.rollback()
            raise
        return written

    def spill(self) -> None:
        """Write the changes so far into the transaction that the next `commit` ends, so that
        they take no memory where commits are far apart."""
        self.store.begin()
        self.rows.spill()

    def flush(self) -> int:
        """The writing part of `commit`, for a caller that holds the transaction."""
        written = self.rows.flush()
        self.counts.update(self.rows.tally)
        self.rows.tally.clear()
        self.counts["events"] += self._taken
        self.counts["fired"] += self._fired
        self._taken = self._fired = 0
        self.people.flush()
        if self._seen.flush():
            self.store.set_meta({"seen_offset": self.offset})
        self.store.set_meta({"offset": self.offset, "now_ms": self.now_ms})
        return written

    def remember(self, events: Iterable[Event]) -> None:
        """Note messageIds that are in the state but not yet in a written chunk."""
        for event in events:
            self._seen.add(event.message_id, event.received_ms)

    def adopt(self, plan: Plan) -> None:
        """Write down which plan the state was made with."""
        self.plan = plan
        self.store.set_meta({"plan": encode_plan(plan)})

    def restart(self, plan: Plan) -> None:
        """Begin anew under another plan, with the store's people already cleared."""
        self.now_ms, self.offset = 0, 0
        self.store.set_meta({"next_profile": 1, "seen_offset": 0})
        self.adopt(plan)
        self._start(plan)

    def next_due(self) -> int:
        """The next instant at which somebody changes by time alone, or may.

        A wake that was overtaken by a later event is moved on here, so it costs no tick.
        """
        while (head := self._wheel.peek()) is not None:
            due_ms, profile_id = head
            if self._armed.get(profile_id) == due_ms:
                person = self.people.find(profile_id)
                if person is not None and person.profile.wake_ms == due_ms:
                    return due_ms
                del self._armed[profile_id]
                if person is not None:
                    self._arm(profile_id, person.profile.wake_ms)
            self._wheel.pop(due_ms)
        return NEVER

    # -- instants --------------------------------------------------------------------------

    def _instant(self, now_ms: int, events: Sequence[Event], offset: int) -> None:
        """All events that became known at `now_ms`."""
        if self._wheel.earliest < now_ms:
            self._fire(now_ms - 1, offset)
        self.now_ms = now_ms
        touched: dict[int, list[Event]] = {}
        for event in events:
            if not self._seen.add(event.message_id, event.received_ms):
                self.counts["duplicates"] += 1
                continue
            self._taken += 1
            profile_id = self._place(event, touched, now_ms, offset)
            if profile_id in touched:
                touched[profile_id].append(event)
            elif profile_id:
                touched[profile_id] = [event]
        for profile_id, theirs in touched.items():
            person = self.people.person(profile_id)
            self._settle(person, apply(self.tables, person.profile, theirs, now_ms), offset)

    def _replay(self, events: Sequence[Event], offset: int) -> None:
        """Events on their own clock: those received together are one instant."""
        start, size = 0, len(events)
        while start < size:
            received_ms = events[start].received_ms
            end = start + 1
            while end < size and events[end].received_ms == received_ms:
                end += 1
            self._instant(max(received_ms, self.now_ms), events[start:end], offset)
            start = end

    def _fire(self, until_ms: int, offset: int) -> None:
        """Everything due up to `until_ms`, in order of due time and then of profile id."""
        tables, armed, find, pop = self.tables, self._armed, self.people.find, self._wheel.pop
        while (pair := pop(until_ms)) is not None:
            due_ms, profile_id = pair
            if armed.get(profile_id) != due_ms:
                continue  # overtaken by an earlier wake, or merged away
            del armed[profile_id]
            person = find(profile_id)
            if person is None:
                continue
            if person.profile.wake_ms > due_ms:
                self._arm(profile_id, person.profile.wake_ms)
                continue
            self._fired += 1
            self._settle(person, wake(tables, person.profile, due_ms), offset)

    def _settle(self, person: Person, changes: list[Change], offset: int) -> None:
        profile = person.profile
        self.people.dirty[profile.id] = person
        if changes:
            self.rows.add(changes, offset)
        self._arm(profile.id, profile.wake_ms)

    def _arm(self, profile_id: int, wake_ms: int) -> None:
        """One pending wake per person: a later one waits until the earlier has come up."""
        if wake_ms < self._armed.get(profile_id, NEVER):
            self._armed[profile_id] = wake_ms
            self._wheel.add(wake_ms, profile_id)

    # -- identity --------------------------------------------------------------------------

    def _place(self, event: Event, touched: dict[int, list[Event]], now_ms: int,
               offset: int) -> int:  # fmt: skip
        """Whose event it is; 0 for one that names nobody."""
        pairs = self._rules.identifiers(event)
        known = resolve_known(self.people, pairs)
        if known is not None:
            return known
        if not pairs:
            self.counts["nobody"] += 1
            return 0
        return self._resolve(event, pairs, touched, now_ms, offset)

    def _resolve(self, event: Event, pairs: tuple[tuple[str, str], ...],
                 touched: dict[int, list[Event]], now_ms: int, offset: int) -> int:  # fmt: skip
        people = self.people
        found = resolve_pairs(people, self._rules, event, pairs, people.next_id)
        for dropped in found.dropped:
            self.counts["dropped_" + dropped.reason] += 1
        if not (found.created or found.links or found.merges or found.moved):
            return found.profile
        losers = [(people.person(loser), loser) for _, loser in found.merges]
        person = people.link(found, event)
        for loser, loser_id in losers:
            self._merge(person, loser, now_ms, offset)
            if loser_id in touched:
                touched.setdefault(found.profile, []).extend(touched.pop(loser_id))
        if not found.created:
            self._note_links(person, [*found.links, *[(m.type, m.value) for m in found.moved]],
                             event, now_ms, offset)  # fmt: skip
        for moved in found.moved:
            origin = people.person(moved.origin).profile
            lost = engine.note(origin, "linked", moved.type, now_ms, event.message_id, None)
            self.rows.add([lost], offset)
        self.counts["profiles_created"] += found.created
        return found.profile

    def _merge(self, winner: Person, loser: Person, now_ms: int, offset: int) -> None:
        self.counts["merges"] += 1
        tables, gone = self.tables, loser.profile
        members = [name for name, bit in tables.bits.items() if gone.raw >> bit & 1]
        self.people.absorb(winner, loser)
        self._armed.pop(gone.id, None)
        self.rows.add(engine.merge(tables, winner.profile, gone, now_ms), offset)
        self.rows.leave(gone.id, members)

    def _note_links(self, person: Person, links: list[tuple[str, str]], event: Event,
                    now_ms: int, offset: int) -> None:  # fmt: skip
        notes = [
            engine.note(person.profile, "linked", kind, now_ms, event.message_id, value)
            for kind, value in links
        ]
        self.rows.add(notes, offset)
