"""A changed plan on an existing state: replay the log under the new plan, tell the difference.

The replay, the difference and the new plan are one transaction, so a crash leaves the old
state and the next start begins again. Only real differences reach the ledger, at the instant
of the change of definitions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ebbline import engine
from ebbline.definitions.plan import Plan
from ebbline.engine.changes import Change
from ebbline.events.event import Event
from ebbline.hosts.embedded.log import Entry
from ebbline.hosts.embedded.state.fold import Fold
from ebbline.hosts.embedded.state.limits import REBUILD_FLUSH_EVENTS

Standing = dict[tuple[int, str], Any]  # (profile, audience or trait) -> what was last announced


def rebuild(
    fold: Fold, plan: Plan, entry: Entry, history: Iterable[tuple[Entry, Sequence[Event]]]
) -> None:
    """Bring `fold` under `plan` at the instant of `entry`; `history` is the log before it."""
    fold.store.begin()
    try:
        before = _standing(fold)
        fold.store.clear_people()
        fold.restart(plan)
        fold.rows.muted = True
        _replay(fold, history)
        fold.pass_time(entry.now_ms, entry.offset)
        fold.flush()
        fold.rows.muted = False
        _announce(fold, before, _standing(fold), entry)
        fold.offset = entry.offset
        fold.flush()
        fold.store.commit()
    except BaseException:
        fold.store.rollback()
        raise


def _replay(fold: Fold, history: Iterable[tuple[Entry, Sequence[Event]]]) -> None:
    taken = 0
    for entry, events in history:
        if entry.kind == "definitions":
            continue
        fold.take(entry, events)
        taken += len(events)
        if taken >= REBUILD_FLUSH_EVENTS:
            fold.flush()
            taken = 0


def _standing(fold: Fold) -> Standing:
    """What destinations have been told of everybody: effective audiences, published traits."""
    tables, found = fold.tables, {}
    for profile_id, state, _, _ in fold.store.profiles():
        profile = engine.decode_profile(state, tables.default_truth)
        for bit, name in enumerate(tables.audiences):
            if profile.effective >> bit & 1:
                found[profile_id, name] = True
        for trait, value in profile.published.items():
            found[profile_id, tables.traits[trait]] = value
    return found


def _announce(fold: Fold, before: Standing, after: Standing, entry: Entry) -> None:
    audiences = fold.tables.bits
    for profile_id, name in sorted(before.keys() | after.keys()):
        old, new = before.get((profile_id, name)), after.get((profile_id, name))
        person = fold.people.find(profile_id)
        if old == new or person is None:
            continue
        is_audience = name in audiences or (name not in fold.tables.traits and old is True)
        kind: Any = ("entered" if new else "exited") if is_audience else "trait"
        value = bool(new) if is_audience else new
        change: Change = engine.note(person.profile, kind, name, entry.now_ms, None, value)
        fold.rows.add([change], entry.offset)
        fold.people.dirty[profile_id] = person
