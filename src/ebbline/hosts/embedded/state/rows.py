"""Changes gathered between two commits, as rows of the ledger and of the memberships."""

from __future__ import annotations

import msgspec

from ebbline.engine.changes import Change
from ebbline.hosts.embedded.state.schema import KINDS
from ebbline.hosts.embedded.state.store import LedgerRow, StateStore

_ENTERED, _EXITED, _TRAIT = KINDS["entered"], KINDS["exited"], KINDS["trait"]


class Rows:
    """What the next commit will write; memberships are kept net, the ledger whole."""

    def __init__(self, store: StateStore, names: list[str]) -> None:
        self._store = store
        self._ids = store.definition_ids(names)
        self._ledger: list[LedgerRow] = []
        self._members: dict[tuple[int, int], tuple[int, bool] | None] = {}
        self._effective: dict[tuple[int, int], bool] = {}
        self.seq = store.ledger_end()
        self.muted = False  # while a replay repeats what the ledger has already said

    def add(self, changes: list[Change], log_offset: int) -> None:
        """Take in changes, in their order."""
        for change in changes:
            kind = KINDS[change.kind]
            definition = self._ids.get(change.definition)
            if definition is None:
                self._ids = self._store.definition_ids([change.definition])
                definition = self._ids[change.definition]
            value = change.value
            key = (definition, change.profile)
            if kind == _ENTERED:
                self._members[key] = (change.at_ms, value)
                self._effective.pop(key, None)
            elif kind == _EXITED:
                self._members[key] = None
                self._effective.pop(key, None)
            elif kind == _TRAIT:
                value = msgspec.json.encode(value).decode()
            elif change.kind in ("suppressed", "restored"):
                self._effective[key] = value
            if self.muted:
                continue
            self.seq += 1
            self._ledger.append((self.seq, change.profile, change.number, kind, definition,
                                 change.at_ms, change.cause, log_offset, value))  # fmt: skip

    def leave(self, profile: int, audiences: list[str]) -> None:
        """Remove the memberships of a person who became part of somebody else."""
        for name in audiences:
            self._members[self._ids[name], profile] = None
            self._effective.pop((self._ids[name], profile), None)

    def flush(self) -> int:
        """Write everything inside the caller's transaction; how many ledger rows there were."""
        store, written = self._store, len(self._ledger)
        store.add_ledger(self._ledger)
        store.put_memberships(
            [(*key, *entry) for key, entry in self._members.items() if entry is not None]
        )
        store.drop_memberships([key for key, entry in self._members.items() if entry is None])
        store.set_effective([(value, *key) for key, value in self._effective.items()])
        self._ledger, self._members, self._effective = [], {}, {}
        return written
