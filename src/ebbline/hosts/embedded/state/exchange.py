"""Everybody's state under one plan for that under another, in one transaction of state.db.

The other state was built in a file of its own by folding the log to the very entry that makes
the new plan live. What was announced of a person and what holds now are compared, and only
real differences reach the ledger, at the instant of that entry. A crash leaves the old state
whole, and the next start does the exchange again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from ebbline import engine
from ebbline.definitions.differences import same_identity
from ebbline.definitions.plan import Plan
from ebbline.engine.standing import Standing
from ebbline.hosts.embedded.log import Entry
from ebbline.hosts.embedded.state.comparison import (
    Naming,
    Saying,
    membership_sayings,
    trait_sayings,
)
from ebbline.hosts.embedded.state.fold import NO_DEFINITION, Fold
from ebbline.hosts.embedded.state.limits import EXCHANGE_PEOPLE
from ebbline.hosts.embedded.state.schema import KINDS
from ebbline.hosts.embedded.state.store import StateStore
from ebbline.profiles.graph import Identifier

Told = Counter[tuple[str, str]]
"""How many people were told what: (kind, definition) -> people."""

_Row = tuple[int, bytes, int, str]
_identifiers = msgspec.json.Decoder(tuple[Identifier, ...])


def exchange(fold: Fold, shadow: Path, plan: Plan, entry: Entry) -> Told:
    """Give `fold` the state of the file at `shadow`, which stands at `entry` under `plan`.

    The old state must have been brought to the instant of `entry` and committed.
    """
    store, moved = fold.store, not same_identity(fold.plan, plan)
    tables = engine.compile_plan(plan)
    store.attach(shadow)
    try:
        store.begin()
        try:
            ids = store.definition_ids([*tables.audiences, *tables.traits, NO_DEFINITION])
            work = _Exchange(store, fold.tables, tables, entry, ids, moved=moved)
            told = work.run(fold.rows.seq)
            fold.offset, fold.now_ms = entry.offset, max(fold.now_ms, entry.now_ms)
            store.set_meta({"offset": fold.offset, "now_ms": fold.now_ms})
            fold.adopt(plan, entry.offset)
            store.commit()
        except BaseException:
            store.rollback()
            raise
    finally:
        store.detach()
    fold.renew(tables)
    return told


class _Exchange:
    """One exchange; `moved` says that events may belong to other people than before."""

    def __init__(self, store: StateStore, old: engine.Tables, new: engine.Tables, entry: Entry,
                 ids: dict[str, int], *, moved: bool) -> None:  # fmt: skip
        self._store = store
        self._old, self._new = Naming(old), Naming(new)
        self._entry = entry
        self._ids = ids
        self._moved = moved
        # Whether equal bytes mean the same: most people are the same under most edits.
        self._alike = not moved and (old.audiences, old.traits) == (new.audiences, new.traits)
        # Of people who are new to the state, numbers used in the ledger before are not known.
        self._number_floor = store.ledger_number_end() if moved else 0
        self._told: Told = Counter()

    def run(self, seq: int) -> Told:
        """Replace everything, and tell what differs from row `seq + 1` of the ledger on."""
        store = self._store
        store.take_memberships()
        if self._moved:
            store.take_identities()
        for old, new in self._chunks():
            people, gone, ledger = self._people(old, new)
            store.put_profiles(people)
            store.drop_profiles(gone)
            rows = [(seq + place, *row) for place, row in enumerate(ledger, 1)]
            store.add_ledger(rows)
            seq += len(rows)
        return self._told

    def _chunks(self) -> Iterator[tuple[dict[int, _Row], list[_Row]]]:
        """Both states, some people at a time; all rows are read before any is written."""
        low, more = 0, True
        while more:
            new = self._store.profiles_after(low, EXCHANGE_PEOPLE)
            more = len(new) == EXCHANGE_PEOPLE
            high = new[-1][0] if more else None
            old = self._store.profiles_between(low, high)
            yield {row[0]: row for row in old}, new
            low = high or 0

    def _people(
        self, old: dict[int, _Row], new: list[_Row]
    ) -> tuple[list[_Row], list[int], list[tuple[Any, ...]]]:
        """Profiles to write, profiles to drop, rows of the ledger without their sequence."""
        people: list[_Row] = []
        ledger: list[tuple[Any, ...]] = []
        for profile, state, wake_ms, identifiers in new:
            known = old.pop(profile, None)
            if self._alike and known is not None and known[1] == state:
                continue
            after = Standing(state)
            before = None if known is None else Standing(known[1])
            number = self._number_floor if before is None else before.number
            sayings = self._differences(before, after)
            if known is not None and self._moved and known[3] != identifiers:
                sayings.insert(0, _linked(identifiers))
            for kind, name, value in sayings:
                number += 1
                ledger.append(self._row(profile, number, kind, name, value))
            if number != after.number:
                state = after.renumbered(number)  # noqa: PLW2901
            people.append((profile, state, wake_ms, identifiers))
        for profile, known in sorted(old.items()):
            number = Standing(known[1]).number + 1
            ledger.append(self._row(profile, number, "merged", NO_DEFINITION, self._heir(known[3])))
        return people, sorted(old), ledger

    def _differences(self, before: Standing | None, after: Standing) -> list[Saying]:
        """What has to be said of one person, by name."""
        was = {} if before is None else self._old.memberships(before)
        found = membership_sayings(was, self._new.memberships(after))
        if self._old.publishes or self._new.publishes:
            held = {} if before is None else self._old.traits(before)
            found += trait_sayings(held, self._new.traits(after))
        return found

    def _row(self, profile: int, number: int, kind: str, name: str, value: Any) -> tuple[Any, ...]:
        self._told[kind, name] += 1
        definition = self._ids.get(name)
        if definition is None:
            self._ids |= self._store.definition_ids([name])
            definition = self._ids[name]
        if kind == "trait":
            value = msgspec.json.encode(value).decode()
        entry = self._entry
        return (profile, number, KINDS[kind], definition, entry.now_ms, None, entry.offset, value)

    def _heir(self, identifiers: str) -> int:
        """Who has the identifiers of somebody who is no person of the new state; 0: nobody."""
        for held in _identifiers.decode(identifiers):
            owner = self._store.owner(held.type, held.value)
            if owner is not None:
                return owner
        return 0


def _linked(identifiers: str) -> Saying:
    """A person goes by other identifiers now: destinations look at the address again."""
    best = next(iter(_identifiers.decode(identifiers)), None)
    return ("linked", best.type if best else NO_DEFINITION, best.value if best else None)
