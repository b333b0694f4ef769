"""Changes gathered between two commits, as rows of the ledger and of the memberships."""

from __future__ import annotations

from collections import Counter

import msgspec
from msgspec.structs import astuple

from ebbline.engine.changes import Change
from ebbline.hosts.embedded.state.schema import KIND_NAMES, KINDS
from ebbline.hosts.embedded.state.store import LedgerRow, StateStore

_ENTERED, _EXITED, _TRAIT = KINDS["entered"], KINDS["exited"], KINDS["trait"]
_SUPPRESSED, _RESTORED = KINDS["suppressed"], KINDS["restored"]


# What a person's membership comes to: since when, whether effective, and whether it began after
# the last commit; None when the person is out.
_Standing = tuple[int, bool, bool] | None


class Rows:
    """What the next commit will write; memberships are kept net, the ledger whole."""

    def __init__(self, store: StateStore, names: list[str]) -> None:
        self._store = store
        self._ids = store.definition_ids(names)
        self._changes: list[tuple[int, list[Change]]] = []  # by log offset
        self._left: list[tuple[int, list[str]]] = []
        self._members: dict[int, dict[int, _Standing]] = {}  # definition -> profile
        self._effective: dict[tuple[int, int], bool] = {}
        self.tally: Counter[str] = Counter()  # changes by kind since it was last cleared
        self._written = 0  # ledger rows since the last flush
        self.seq = store.ledger_end()
        self.muted = False  # while a replay repeats what the ledger has already said

    def add(self, changes: list[Change], log_offset: int) -> None:
        """Take in changes, in their order."""
        self._changes.append((log_offset, changes))

    def leave(self, profile: int, audiences: list[str]) -> None:
        """Remove the memberships of a person who became part of somebody else."""
        self._left.append((profile, audiences))

    def spill(self) -> None:
        """Write the ledger rows so far inside the caller's transaction; memberships wait."""
        ledger = self._fold_changes()
        self._store.add_ledger(ledger)
        self._changes = []
        self._written += len(ledger)
        self.tally.update({KIND_NAMES[k]: n for k, n in Counter([r[3] for r in ledger]).items()})

    def flush(self) -> int:
        """Write everything inside the caller's transaction; how many ledger rows there were
        since the last flush."""
        self.spill()
        for profile, audiences in self._left:
            for name in audiences:
                self._members_of(self._ids[name])[profile] = None
        store = self._store
        store.set_effective([(value, *key) for key, value in self._effective.items()])
        # In key order: neighbours of the tree are written together, which halves the cost.
        for definition, standings in sorted(self._members.items()):
            order = sorted(standings.items())
            store.put_memberships(
                [(definition, profile, now[0], now[1]) for profile, now in order if now]
            )
            store.drop_memberships([(definition, profile) for profile, now in order if not now])
        self._left, self._members, self._effective = [], {}, {}
        written, self._written = self._written, 0
        return written

    def _fold_changes(self) -> list[LedgerRow]:
        """Bring the memberships up to the changes; the changes as rows of the ledger."""
        ledger: list[LedgerRow] = []
        ids, members, muted, seq = self._ids, self._members, self.muted, self.seq
        for log_offset, changes in self._changes:
            for change in changes:
                profile, number, kind_name, name, at_ms, cause, value = astuple(change)
                kind = KINDS[kind_name]
                definition = ids.get(name) or self._new_definition(name)
                if kind == _ENTERED:
                    of = members.get(definition) or self._members_of(definition)
                    of[profile] = (at_ms, value, profile not in of)
                elif kind == _EXITED:
                    of = members.get(definition) or self._members_of(definition)
                    if (now := of.get(profile)) is not None and now[2]:
                        del of[profile]  # came and went since the last commit
                    else:
                        of[profile] = None
                elif kind == _TRAIT:
                    value = msgspec.json.encode(value).decode()
                elif kind in (_SUPPRESSED, _RESTORED):
                    self._turn(definition, profile, effective=value)
                if muted:
                    continue
                seq += 1
                ledger.append(
                    (seq, profile, number, kind, definition, at_ms, cause, log_offset, value)
                )
        self.seq = seq
        return ledger

    def _members_of(self, definition: int) -> dict[int, _Standing]:
        return self._members.setdefault(definition, {})

    def _new_definition(self, name: str) -> int:
        self._ids |= self._store.definition_ids([name])
        return self._ids[name]

    def _turn(self, definition: int, profile: int, *, effective: bool) -> None:
        """A priority group took effect on a membership: in a row not yet written, or in one
        that is."""
        of = self._members_of(definition)
        now = of.get(profile)
        if now is not None:
            of[profile] = (now[0], effective, now[2])
        else:
            self._effective[definition, profile] = effective
