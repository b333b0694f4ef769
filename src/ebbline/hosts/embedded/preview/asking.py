"""The new side of a preview as one SQL query over the history: seconds where a refold takes
minutes, and as exact.

Only definitions whose meaning changed are asked for; what else a person is in stands in the
state. What no query can say is left to a refold: `asked_side` then gives None.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from ebbline.definitions.differences import same_identity, without_words
from ebbline.definitions.plan import AudienceDef, Plan
from ebbline.definitions.walk import audiences_used
from ebbline.engine.inline import Inliner
from ebbline.errors import NotInSql
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.preview.sides import Live, Side, side_by_side

if TYPE_CHECKING:
    import duckdb

    from ebbline.warehouse.answers import Answer
    from ebbline.warehouse.query import Query

_KNOWN = "CREATE TEMP VIEW events AS SELECT * FROM all_events WHERE log_offset <= {offset}"


class Asked(msgspec.Struct, frozen=True):
    """What of a new plan has to be asked for: its affected definitions and what they need."""

    plan: Plan
    audiences: frozenset[str]
    traits: frozenset[str]


def asked_sides(folder: DataFolder, live: Live, new: Plan) -> Iterator[tuple[Side, Side]] | None:
    """Everybody under both plans; None where SQL cannot say it exactly."""
    asked = to_ask(live.plan, new)
    if asked is None or live.overridden():
        return None
    try:
        from ebbline.warehouse.query import memberships  # noqa: PLC0415 - heavy, an extra

        query = memberships(asked.plan, live.moment.at_ms)
    except (ImportError, NotInSql):
        return None
    found = _answers(folder, live, query)
    return None if found is None else _sides(live, new, asked, found)


def to_ask(old: Plan, new: Plan) -> Asked | None:
    """The part of a plan that changed its meaning, with what it refers to; None when that is
    more than events can tell."""
    if not same_identity(old, new):
        return None
    before, after = _meanings(old), _meanings(new)
    changed = {name for name, meaning in after.items() if before.get(name) != meaning}
    traits = _changed_traits(old, new, changed)
    rules = Inliner(new)
    wanted = tuple(
        replace(each, value=rules(each.value)) for each in new.traits if each.name in traits
    )
    needed = changed.union(*(audiences_used(each.value) for each in wanted))
    for audience in reversed(new.audiences):  # dependants stand behind what they ask for
        if audience.name in needed:
            needed |= set(_used(audience))
    if any(each.sql for each in new.audiences if each.name in needed):
        return None  # who is in stands in commands, which no history of events holds
    audiences = tuple(
        replace(each, when=rules(each.when)) for each in new.audiences if each.name in needed
    )
    plan = replace(new, audiences=audiences, traits=wanted, groups=(), destinations=())
    return Asked(plan, frozenset(changed), frozenset(traits))


def _meanings(plan: Plan) -> dict[str, bytes]:
    """Everything that an audience's membership depends on, as text; of the audiences it asks
    for, theirs."""
    inline, found = Inliner(plan), dict[str, bytes]()
    for audience in plan.audiences:
        exit_when = None if audience.exit_when is None else inline(audience.exit_when)
        meaning = replace(without_words(audience), when=inline(audience.when), exit_when=exit_when)
        others = [found[name] for name in _used(audience)]
        found[audience.name] = msgspec.json.encode((meaning, others, plan.lists), order="sorted")
    return found


def _used(audience: AudienceDef) -> list[str]:
    names = [*audiences_used(audience.when)]
    if audience.exit_when is not None:
        names += audiences_used(audience.exit_when)
    return names


def _changed_traits(old: Plan, new: Plan, changed: set[str]) -> set[str]:
    """Published traits whose values, or the steps they are published by, may be others."""
    before, after = _published(old), _published(new)
    inline, inline_old = Inliner(new), Inliner(old)
    values = {each.name: msgspec.json.encode(inline_old(each.value)) for each in old.traits}
    found = set()
    for trait in new.traits:
        value, steps = inline(trait.value), after.get(trait.name)
        same = (
            old.lists == new.lists
            and values.get(trait.name) == msgspec.json.encode(value)
            and before.get(trait.name) == steps
            and changed.isdisjoint(audiences_used(value))
        )
        if steps is not None and not same:
            found.add(trait.name)
    return found


def _published(plan: Plan) -> dict[str, set[float | None]]:
    """The traits that destinations are sent, with the least changes they ask for."""
    found: dict[str, set[float | None]] = {}
    for destination in plan.destinations:
        for sync in destination.sync:
            if sync.trait:
                found.setdefault(sync.trait, set()).add(sync.min_change)
    return found


# -- asking ----------------------------------------------------------------------------------


def _answers(folder: DataFolder, live: Live, query: Query) -> Iterator[Answer] | None:
    """The query's rows over the history as of the moment, read to their end; None when the
    history does not hold every event any more."""
    from ebbline.hosts.embedded.history import History  # noqa: PLC0415 - heavy
    from ebbline.warehouse.answers import answers  # noqa: PLC0415

    with ExitStack() as stack:
        spill = stack.enter_context(tempfile.TemporaryDirectory(prefix="ebbline-preview-"))
        history = stack.enter_context(History(folder, Path(spill)))
        db = stack.enter_context(history.events(live.moment.at_ms))
        db.execute("ALTER VIEW events RENAME TO all_events")
        db.execute(_KNOWN.format(offset=live.moment.offset))
        if not _whole(db, live):
            return None
        rows = db.execute(f"SELECT * FROM ({query.sql()}) ORDER BY 1").fetchall()  # noqa: S608
    return answers(query, rows)


def _whole(db: duckdb.DuckDBPyConnection, live: Live) -> bool:
    """Whether every event that belongs to somebody is in the history."""
    rows: Any = db.execute("SELECT count(*) FROM events").fetchone()
    return bool(rows[0] == live.placed())


def _sides(
    live: Live, new: Plan, asked: Asked, found: Iterator[Answer]
) -> Iterator[tuple[Side, Side]]:
    old, names, published = live.plan, {each.name for each in new.audiences}, _published(new)
    asked_for = asked.audiences
    # Most people are the same under most edits; then both sides are one object.
    alike = (
        not asked.traits
        and old.groups == new.groups
        and _published(old).keys() == published.keys()
        and names.issuperset(each.name for each in old.audiences)
    )
    answered = ((each.profile, each) for each in found)
    for _, now, answer in side_by_side(live.sides(), answered):
        if now is None:
            continue
        held = now.memberships
        raw = set() if answer is None else {n for n in asked_for if answer.raw[n]}
        if alike and raw == asked_for & held.keys():
            yield now, now
            continue
        raw.update(name for name in held if name in names and name not in asked_for)
        traits = {name: value for name, value in now.traits.items() if name in published}
        if answer is not None:
            traits |= {name: answer.traits[name] for name in asked.traits}
        yield now, Side(_effective(new, raw), traits, now.identifiers)


def _effective(plan: Plan, raw: set[str]) -> Mapping[str, bool]:
    """Of each priority group's audiences that a person is in, only the first counts."""
    free = dict.fromkeys(raw, True)
    for group in plan.groups:
        held = [name for name in group.priority if name in raw]
        free.update(dict.fromkeys(held[1:], False))
    return free
