"""Changes gathered between two commits, as rows of the ledger and of the memberships."""

from __future__ import annotations

from collections import Counter

import msgspec

from ebbline.engine.changes import Change
from ebbline.hosts.embedded.state.schema import KINDS
from ebbline.hosts.embedded.state.store import LedgerRow, StateStore

_ENTERED, _EXITED, _TRAIT = KINDS["entered"], KINDS["exited"], KINDS["trait"]
_SUPPRESSED, _RESTORED = KINDS["suppressed"], KINDS["restored"]


class Rows:
    """What the next commit will write; memberships are kept net, the ledger whole."""

    def __init__(self, store: StateStore, names: list[str]) -> None:
        self._store = store
        self._ids = store.definition_ids(names)
        self._ledger: list[LedgerRow] = []
        self._members: dict[tuple[int, int], tuple[int, bool] | None] = {}
        self._effective: dict[tuple[int, int], bool] = {}
        self.tally: Counter[str] = Counter()  # changes by kind since the last flush
        self.seq = store.ledger_end()
        self.muted = False  # while a replay repeats what the ledger has already said

    def add(self, changes: list[Change], log_offset: int) -> None:
        """Take in changes, in their order."""
        ids, members = self._ids, self._members
        for change in changes:
            kind, value = KINDS[change.kind], change.value
            definition = ids.get(change.definition) or self._new_definition(change.definition)
            if kind == _ENTERED:
                members[definition, change.profile] = (change.at_ms, value)
            elif kind == _EXITED:
                members[definition, change.profile] = None
            elif kind == _TRAIT:
                value = msgspec.json.encode(value).decode()
            elif kind in (_SUPPRESSED, _RESTORED):
                self._turn((definition, change.profile), effective=value)
            if self.muted:
                continue
            self.tally[change.kind] += 1
            self.seq += 1
            self._ledger.append((self.seq, change.profile, change.number, kind, definition,
                                 change.at_ms, change.cause, log_offset, value))  # fmt: skip

    def _new_definition(self, name: str) -> int:
        self._ids = self._store.definition_ids([name])
        return self._ids[name]

    def _turn(self, key: tuple[int, int], *, effective: bool) -> None:
        """A priority group took effect on a membership: in a row not yet written, or in one
        that is."""
        entry = self._members.get(key)
        if entry is not None:
            self._members[key] = (entry[0], effective)
        else:
            self._effective[key] = effective

    def leave(self, profile: int, audiences: list[str]) -> None:
        """Remove the memberships of a person who became part of somebody else."""
        for name in audiences:
            self._members[self._ids[name], profile] = None

    def flush(self) -> int:
        """Write everything inside the caller's transaction; how many ledger rows there were."""
        store, written = self._store, len(self._ledger)
        store.add_ledger(self._ledger)
        # In key order: neighbours of the tree are written together, which halves the cost.
        members = sorted(self._members.items())
        turned = [(value, *key) for key, value in self._effective.items()]
        store.set_effective(turned)
        store.put_memberships([(*key, *entry) for key, entry in members if entry is not None])
        store.drop_memberships([key for key, entry in members if entry is None])
        self._ledger, self._members, self._effective = [], {}, {}
        return written
