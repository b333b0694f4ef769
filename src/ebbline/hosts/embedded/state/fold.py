"""The fold: log entries in, state out. Here identity, the engine and the timers meet.

For every entry, everything due before its instant fires first, each at its own instant; then
all events of the instant are taken in and each person is evaluated once; then what is due at
the instant itself. Nothing here looks at a clock: time comes with the entries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ebbline import engine
from ebbline.definitions.plan import Plan, encode_plan
from ebbline.engine.advance import apply, wake
from ebbline.engine.changes import Change
from ebbline.engine.limits import NEVER
from ebbline.events.event import Event
from ebbline.hosts.embedded.log import Entry, Log
from ebbline.hosts.embedded.state.bonds import Merging
from ebbline.hosts.embedded.state.commanding import carry_out
from ebbline.hosts.embedded.state.lifetime import History
from ebbline.hosts.embedded.state.limits import EVERY_WAKE, WAKES_PER_ENTRY_MAX
from ebbline.hosts.embedded.state.people import People, Person
from ebbline.hosts.embedded.state.placements import pack
from ebbline.hosts.embedded.state.rows import Rows
from ebbline.hosts.embedded.state.seen import Seen
from ebbline.hosts.embedded.state.store import StateStore
from ebbline.profiles.identifiers import IdentityRules
from ebbline.profiles.resolve import resolve_known, resolve_pairs

# Counts that are kept with the state.
FIGURES = (
    "links", "merges", "unmerges", "handed_over", "dropped_limit", "dropped_profile_full",
    "dropped_later_login", "dropped_names_a_user", "dropped_parted", "blocked_values", "overrides",
    "late_events",
)  # fmt: skip

# Names the ledger needs besides audiences and traits: the definition of a "merged" row.
NO_DEFINITION = ""


class Fold:
    """The state of one data folder under one plan."""

    def __init__(self, store: StateStore, plan: Plan, history: History | None = None) -> None:
        """Go on from what the store holds; `history` is the log, for commands that need the
        past."""
        self.store = store
        self.history = history
        self.wakes_per_entry = WAKES_PER_ENTRY_MAX
        self.plan = plan
        self.offset: int = store.meta("offset") or 0
        self.now_ms: int = store.meta("now_ms") or 0
        self.counts: Counter[str] = Counter()
        self._passed_ms = self.now_ms  # everybody is to have lived through this instant
        self._taken = self.fired = 0  # events and wakes since the last flush
        # What was counted since the folder began, and how much of `counts` is in it.
        self.figures = {what: store.meta("figure_" + what) or 0 for what in FIGURES}
        self._figured: Counter[str] = Counter()
        self._placed: list[int] = []  # whose the events of the present entry are
        self._placements: list[tuple[int, bytes]] = []  # of entries since the last flush
        self._merged: list[tuple[int, int, int]] = []
        self._seen = Seen(store)
        self._start(engine.compile_plan(plan))

    def _start(self, tables: engine.Tables) -> None:
        self.tables = tables
        self.identity = IdentityRules(tables.plan.identifiers)
        self.bonds = self.store.bonds()
        self.people = People(self.store, self.tables, self.identity, self.bonds.parted)
        names = [*self.tables.audiences, *self.tables.traits, NO_DEFINITION]
        self.rows = Rows(self.store, names)
        self._wheel = engine.Wheel()
        self._armed: dict[int, int] = {}
        for wake_ms, profile in self.store.wakes():
            self._arm(profile, wake_ms)

    # -- entries ---------------------------------------------------------------------------

    def take(self, entry: Entry, events: Sequence[Event]) -> None:
        """Fold one entry; `commit` makes the result visible.

        Live entries fire only so many wakes of others along the way, a tick as many as it says
        (none said: all), so that whoever comes next does not wait for a million of them. What
        is left fires with later entries: everybody's own order stays as it is.
        """
        left = EVERY_WAKE
        if entry.kind == "replayed":
            self._replay(events, entry.offset)
        elif entry.kind == "command":
            left = self._fire(entry.now_ms - 1, entry.offset, self.wakes_per_entry)
            self.now_ms = entry.now_ms
            carry_out(self, entry)
        elif entry.kind == "tick":
            left = int(entry.payload or EVERY_WAKE)
        elif events:
            left = self._instant(entry.now_ms, events, entry.offset, self.wakes_per_entry)
        if events:
            self._placements.append((entry.offset, pack(self._placed)))
            self._placed = []
        self.pass_time(entry.now_ms, entry.offset, left)
        self.offset = entry.offset

    def pass_time(self, until_ms: int, offset: int, wakes: int = EVERY_WAKE) -> None:
        """Let what is due up to an instant happen (the first `wakes` of it), as of the log
        entry at `offset`."""
        self._fire(until_ms, offset, wakes)
        self.now_ms = self._passed_ms = max(self.now_ms, until_ms)

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

    def write_open(self) -> None:
        """Write everything so far into the transaction that the next `commit` ends."""
        self.store.begin()
        self.flush()

    def flush(self) -> int:
        """The writing part of `commit`, for a caller that holds the transaction."""
        written = self.rows.flush()
        self.counts.update(self.rows.tally)
        self.rows.tally.clear()
        self.counts["events"] += self._taken
        self.counts["fired"] += self.fired
        self._taken = self.fired = 0
        self.people.flush()
        self.bonds.flush()
        self.store.put_placements(self._placements)
        self.store.put_merged(self._merged)
        self._placements, self._merged = [], []
        if self._seen.flush():
            self.store.set_meta({"seen_offset": self.offset})
        self.store.set_meta({"offset": self.offset, "now_ms": self.now_ms})
        self._flush_figures()
        return written

    def _flush_figures(self) -> None:
        """Keep what `status` shows of identity and lateness, since the folder began."""
        self.counts["blocked_values"] += self.identity.blocked
        self.identity.blocked = 0
        known, counts = self.figures, self._figured
        for what in FIGURES:
            if self.counts[what] != counts[what]:
                known[what] = known.get(what, 0) + self.counts[what] - counts[what]
                counts[what] = self.counts[what]
                self.store.set_meta({"figure_" + what: known[what]})

    def remember_since(self, log: Log) -> None:
        """Read back from the log the messageIds that are counted but in no written chunk."""
        for entry in log.read(self.store.meta("seen_offset") or 0):
            if entry.offset > self.offset:
                break
            if entry.kind in ("events", "replayed"):
                for event in log.events(entry):
                    self._seen.add(event.message_id, event.received_ms)

    def adopt(self, plan: Plan, offset: int = 0) -> None:
        """Write down which plan the state is under, and which log entry made it so."""
        self.plan = self.tables.plan = plan
        self.people.bound(plan.memory_bytes)
        self.store.set_meta({"plan": encode_plan(plan), "plan_offset": offset})

    def renew(self, tables: engine.Tables) -> None:
        """Go on with other people's states in the store: under another plan, at the same place
        of the log. What was counted stays counted."""
        self._start(tables)

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

    @property
    def is_behind(self) -> bool:
        """Whether something that is due by the state's own clock has not fired yet."""
        return self._wheel.earliest <= self.now_ms and self.next_due() <= self.now_ms

    # -- instants --------------------------------------------------------------------------

    def _instant(self, now_ms: int, events: Sequence[Event], offset: int,
                 left: int = EVERY_WAKE) -> int:  # fmt: skip
        """All events that became known at `now_ms`; how many of the wakes that may fire before
        them are left."""
        if self._wheel.earliest < now_ms:
            left = self._fire(now_ms - 1, offset, left)
        self.now_ms = now_ms
        touched: dict[int, list[Event]] = {}
        placed, lateness_ms = self._placed.append, self.plan.lateness_ms
        for event in events:
            if not self._seen.add(event.message_id, event.received_ms):
                self.counts["duplicates"] += 1
                placed(0)
                continue
            self._taken += 1
            if event.received_ms - event.time_ms > lateness_ms:
                self.counts["late_events"] += 1
            profile_id = self._place(event, touched, now_ms, offset)
            placed(profile_id)
            if profile_id in touched:
                touched[profile_id].append(event)
            elif profile_id:
                touched[profile_id] = [event]
        for profile_id, theirs in touched.items():
            person = self.people.person(profile_id)
            if person.profile.wake_ms < now_ms or self._passed_ms == now_ms:
                self.catch_up(person, now_ms, offset)
            self.settle(person, apply(self.tables, person.profile, theirs, now_ms), offset)
        return left

    def catch_up(self, person: Person, now_ms: int, offset: int) -> None:
        """Let somebody who is to change at `now_ms` first live up to it: through it, where an
        earlier entry had the same stamp, at the end of which everybody did."""
        until_ms = max(now_ms - 1, self._passed_ms)
        while person.profile.wake_ms <= until_ms:
            self.fired += 1
            self.settle(person, wake(self.tables, person.profile, person.profile.wake_ms), offset)

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

    def _fire(self, until_ms: int, offset: int, left: int = EVERY_WAKE) -> int:
        """What is due up to `until_ms`, in order of due time and then of profile id, until
        `left` of it have fired; how many more might have."""
        tables, armed, people, wheel = self.tables, self._armed, self.people, self._wheel
        while left > 0 and (pair := wheel.pop(until_ms)) is not None:
            due_ms, profile_id = pair
            if armed.get(profile_id) != due_ms:
                continue  # overtaken by an earlier wake, or merged away
            del armed[profile_id]
            person = people.find(profile_id)
            if person is None:
                continue
            if person.profile.wake_ms > due_ms:
                self._arm(profile_id, person.profile.wake_ms)
                continue
            self.fired += 1
            left -= 1
            self.settle(person, wake(tables, person.profile, due_ms), offset)
        return left

    def settle(self, person: Person, changes: list[Change], offset: int) -> None:
        """Take in what changed about somebody, and wait for the next wake."""
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
        pairs = self.identity.identifiers(event)
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
        found = resolve_pairs(people, self.identity, event, pairs, people.next_id)
        for dropped in found.dropped:
            self.counts["dropped_" + dropped.reason] += 1
            self.bonds.dropped(found.profile, dropped, event)
        if not (found.created or found.links or found.merges or found.moved):
            return found.profile
        losers = [(people.person(loser), loser) for _, loser in found.merges]
        known = [] if found.created else [found.profile]
        for each in (*known, *[loser for _, loser in losers], *[m.origin for m in found.moved]):
            self.catch_up(people.person(each), now_ms, offset)
        person = people.link(found, event)
        for loser, loser_id in losers:
            self.join(person, loser, now_ms, offset, event.message_id)
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
        self.counts["links"] += len(found.links)
        self.counts["handed_over"] += len(found.moved)
        return found.profile

    def join(self, winner: Person, loser: Person, now_ms: int, offset: int, cause: str) -> None:
        """Make two people one; the winner is evaluated by the caller, at the same instant."""
        self.counts["merges"] += 1
        mine, theirs = winner.anchor(), loser.anchor()
        tables, gone = self.tables, loser.profile
        members = [name for name, bit in tables.bits.items() if gone.raw >> bit & 1]
        self.people.absorb(winner, loser)
        self._armed.pop(gone.id, None)
        self._merged.append((gone.id, winner.profile.id, now_ms))
        self.rows.add(engine.merge(tables, winner.profile, gone, now_ms), offset)
        self.bonds.merged(Merging(
            offset, now_ms, winner.profile.id, gone.id, cause, mine, theirs, gone.number
        ))  # fmt: skip
        self.rows.leave(gone.id, members)

    def _note_links(self, person: Person, links: list[tuple[str, str]], event: Event,
                    now_ms: int, offset: int) -> None:  # fmt: skip
        notes = [
            engine.note(person.profile, "linked", kind, now_ms, event.message_id, value)
            for kind, value in links
        ]
        self.rows.add(notes, offset)
