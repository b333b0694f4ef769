"""Plan to tables: inline computed traits, break rules into conditions, register tracks.

A tuple of small steps; nothing here looks at a person or a clock.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ebbline.definitions import tree
from ebbline.definitions.plan import AudienceDef, Plan, consent_trait
from ebbline.engine.atoms import atoms_of, score_bar
from ebbline.engine.book import Book
from ebbline.engine.conditions import AgeAtom, Atom, CountAtom
from ebbline.engine.decay import DecayTrack
from ebbline.engine.evidence import behind
from ebbline.engine.formulas import All, Any_, ByPath, Formula, Literals
from ebbline.engine.gates import gates_of
from ebbline.engine.groups import (
    FirstGroup,
    Group,
    PublishGroup,
    ReadingGroup,
    ScoreGroup,
    TrackGroup,
)
from ebbline.engine.inline import Inliner
from ebbline.engine.limits import TRAIT_STEP
from ebbline.engine.motion import Motion, moves
from ebbline.engine.paths import depends_on_past
from ebbline.engine.personal import asked_for
from ebbline.engine.profile import Profile
from ebbline.engine.readings import Reading, Scope
from ebbline.engine.tables import Tables, holds
from ebbline.engine.tracks import Track


class _Compiler:
    def __init__(self, plan: Plan) -> None:
        self.tables = Tables(plan)
        self.book = Book(plan.lists)
        self.inline = Inliner(plan)
        self.conditions: dict[bytes, int] = {}
        # Of a track: its conditions on the first event, and all others.
        self.track_groups: dict[tuple[int, bool], int] = {}
        self.by_track: dict[int, set[int]] = {}
        self.by_trait: dict[str, set[int]] = {}
        self.by_member: dict[int, set[int]] = {}
        self.birth: set[int] = set()
        self.own: set[int] = set()  # published, and not one value for all without events
        self.watchers: dict[int, set[int]] = {}
        self.group_of: list[int] = []  # condition -> group
        # Condition -> the truths that it can come to by an event only; see `gates`.
        self.only_by_event: dict[int, tuple[int, ...]] = {}

    # -- rules to formulas ---------------------------------------------------------------

    def formula(self, node: tree.AnyNode, wanted: int = 1) -> Formula:
        """The formula of a rule (or, for wanted=0, of its negation) over conditions."""
        match node:
            case tree.Not():
                return self.formula(node.item, 1 - wanted)
            case tree.And() | tree.Or():
                items = tuple(self.formula(item, wanted) for item in node.items)
                return _join(items, every=isinstance(node, tree.And) == bool(wanted))
            case _:
                found = atoms_of(node)
                if isinstance(found, tuple):
                    return self._atom(*found, wanted)
                if found is not None:
                    return self.formula(found, wanted)
                return Literals(((self.condition(node), wanted),))

    def _atom(self, events: tree.Events, value: tree.AnyNode | None, atom: Atom,
              wanted: int) -> Formula:  # fmt: skip
        track = self.book.track(events, value, "events" if value is None else "number")
        key = msgspec.json.encode((track.id, type(atom).__name__, atom))
        if key not in self.conditions:
            place = self._into_track_group(track, atom)
            alone = FirstGroup(track.id) if _on_first(atom) else TrackGroup(track.id)
            alone.add(atom, len(self.tables.default_truth))
            # The sum over no event is 0.
            nothing = isinstance(alone, TrackGroup) and any(bar <= 0 for bar, _, _ in alone.sums)
            number = self.conditions[key] = self._new_condition(place, alone, truth=nothing)
            # Counts in a window fall and ages grow by themselves; the other way takes an event.
            if isinstance(atom, CountAtom):
                self.only_by_event[number] = (1,) if atom.within_ms is not None else (0, 1)
            elif isinstance(atom, AgeAtom):
                self.only_by_event[number] = (0,)
        return Literals(((self.conditions[key], wanted),))

    def _into_track_group(self, track: Track, atom: Atom) -> int:
        need = track.needs
        if isinstance(atom, CountAtom):
            if atom.within_ms is not None:
                need.latest = max(need.latest, atom.least)
        elif isinstance(atom, AgeAtom):
            if atom.end == "first":
                need.heads = max(need.heads, 1)
            else:
                need.latest = max(need.latest, 1)
        else:
            need.values = need.panes = True
            need.keep_ms = max(need.keep_ms, atom.within_ms)
        first = _on_first(atom)
        place = self.track_groups.get((track.id, first))
        if place is None:
            place = self._new_group(FirstGroup(track.id) if first else TrackGroup(track.id))
            self.track_groups[track.id, first] = place
            if first:
                track.first_groups = (place,)
            else:
                self.by_track.setdefault(track.id, set()).add(place)
        group = self.tables.groups[place]
        assert isinstance(group, TrackGroup | FirstGroup)
        group.add(atom, len(self.tables.default_truth))
        return place

    def condition(self, node: tree.AnyNode) -> int:
        """The condition of a leaf that no atom stands for."""
        key = msgspec.json.encode(node)
        if key in self.conditions:
            return self.conditions[key]
        bar = score_bar(node)
        if bar is not None:
            found = self.conditions[key] = self._score_condition(*bar)
            return found
        scope = Scope(self.book, self.tables.bits)
        reading = scope.reading(node)
        group = ReadingGroup(reading, len(self.tables.default_truth), tuple(sorted(scope.tracks)))
        place = self._new_group(group)
        self._depend(scope, place)
        found = self.conditions[key] = self._new_condition(place, group)
        if not scope.timed and not scope.audiences:
            self.only_by_event[found] = (0, 1)
        return found

    def _score_condition(self, score: tree.Score, op: str, bar: float) -> int:
        track = self.book.score(score)
        assert isinstance(track, DecayTrack)
        place = self.track_groups.get((track.id, False))
        if place is None:
            place = self._new_group(ScoreGroup(track))
            self.track_groups[track.id, False] = place
            self.by_track.setdefault(track.id, set()).add(place)
        group = self.tables.groups[place]
        assert isinstance(group, ScoreGroup)
        group.bars.append((op, bar, len(self.tables.default_truth)))
        truth = {">": 0.0 > bar, ">=": 0.0 >= bar, "<": 0.0 < bar, "<=": 0.0 <= bar}[op]
        alone = ScoreGroup(track, exact=True)
        alone.bars.append((op, bar, len(self.tables.default_truth)))
        found = self._new_condition(place, alone, truth=truth)
        if op in (">", ">=") and bar > 0:
            self.only_by_event[found] = (1,)  # a score only sinks towards nothing by itself
        return found

    def _new_group(self, group: Group) -> int:
        self.tables.groups.append(group)
        return len(self.tables.groups) - 1

    def _new_condition(self, place: int, alone: Group, *, truth: bool = False) -> int:
        self.group_of.append(place)
        self.tables.alone.append(alone)
        self.tables.default_truth.append(truth)
        return len(self.tables.default_truth) - 1

    def _depend(self, scope: Scope, place: int) -> None:
        for track in scope.tracks:
            self.by_track.setdefault(track, set()).add(place)
        for trait in scope.traits:
            self.by_trait.setdefault(trait, set()).add(place)
        for audience in scope.audiences:
            self.by_member.setdefault(audience, set()).add(place)
        if scope.clock:
            self.birth.add(place)

    # -- the steps -----------------------------------------------------------------------

    def audiences(self) -> None:
        for bit, audience in enumerate(self.tables.plan.audiences):
            formula = self.formula(self.inline(audience.when))
            if depends_on_past(audience):
                formula = self._by_path(bit, formula, audience)
            self.tables.formulas.append(formula)
            for condition in _conditions(formula):
                self.watchers.setdefault(condition, set()).add(bit)

    def _by_path(self, bit: int, enters: Formula, audience: AudienceDef) -> Formula:
        leaves = audience.exit_when
        left = None if leaves is None else self.formula(self.inline(leaves))
        self.tables.by_path |= {bit}
        return ByPath(bit, enters, left, audience.hold_ms, audience.cooldown_ms)

    def asked_for(self) -> None:
        """What calls say of the person is taken in only where a rule asks for it."""
        tables = self.tables
        tables.asks_user, tables.asks_consent = asked_for(tables.plan)
        tables.asks_person = tables.asks_user or tables.asks_consent

    def published_traits(self) -> None:
        plan = self.tables.plan
        steps: dict[str, list[float | None]] = {}
        for destination in plan.destinations:
            for sync in destination.sync:
                if sync.trait:
                    steps.setdefault(sync.trait, []).append(sync.min_change)
                for purpose in (*destination.purposes, *sync.purposes):
                    steps[consent_trait(purpose)] = [None]
        names = {trait.name: i for i, trait in enumerate(plan.traits)}
        for name, asked in steps.items():
            if name in names:
                self._publish(names[name], self.inline(tree.Trait(name)), asked)

    def _publish(self, trait: int, node: tree.AnyNode, asked: list[float | None]) -> None:
        scope = Scope(self.book, self.tables.bits)
        moving = moves(node)
        usual = TRAIT_STEP if moving else 0.0
        step = min(usual if ask is None else ask for ask in asked)
        motion = Motion(scope, node) if moving else None
        place = self._new_group(PublishGroup(trait, scope.reading(node), motion, step))
        self._depend(scope, place)
        self.birth.add(place)
        if scope.clock:
            self.own.add(place)

    def trait_readings(self) -> None:
        """Every computed trait can be read at any time, published or not."""
        for trait in self.tables.plan.traits:
            scope = Scope(self.book, self.tables.bits)
            self.tables.trait_readings[trait.name] = scope.reading(self.inline(trait.value))

    def groups_of_audiences(self) -> None:
        tables = self.tables
        tables.priority = [
            tuple(tables.bits[name] for name in group.priority) for group in tables.plan.groups
        ]
        for number, members in enumerate(tables.priority):
            for bit in members:
                tables.priority_of[bit] = (*tables.priority_of.get(bit, ()), number)

    def indexes(self) -> None:
        tables = self.tables
        tables.tracks = self.book.tracks
        for track in tables.tracks:
            track.groups = tuple(sorted(self.by_track.get(track.id, ())))
            if isinstance(track, Track):
                track.bound()
        tables.feeds, tables.star = self.book.index()
        tables.trait_groups = {k: tuple(sorted(v)) for k, v in self.by_trait.items()}
        tables.member_groups = {k: tuple(sorted(v)) for k, v in self.by_member.items()}
        tables.groups_of = [
            frozenset(self.group_of[c] for c in _conditions(f)) for f in tables.formulas
        ]
        tables.watchers = [
            tuple(sorted(self.watchers.get(c, ()))) for c in range(len(tables.default_truth))
        ]

    def gates(self) -> None:
        """Which flips need no timer, and whom to look at again when a gate opens."""
        tables = self.tables
        plain = [f.pairs if isinstance(f, Literals) else None for f in tables.formulas]
        gates = gates_of(plain, tables.watchers, self._event_only)
        for group in tables.groups:
            group.seal(gates)
        for alone in tables.alone:
            alone.seal([None] * len(gates))
        regate: dict[tuple[int, int], set[int]] = {}
        for condition, found in enumerate(gates):
            if self.only_by_event.get(condition) == (0, 1):
                continue  # it has no timers
            for gate in found or ():
                for literal in gate:
                    regate.setdefault(literal, set()).add(self.group_of[condition])
        none: set[int] = set()
        tables.gated = bool(regate)
        tables.opens = [
            (tuple(sorted(regate.get((c, 0), none))), tuple(sorted(regate.get((c, 1), none))))
            for c in range(len(gates))
        ]

    def _event_only(self, literal: tuple[int, int]) -> bool:
        """Whether a literal that does not hold stays so until an event comes."""
        condition, wanted = literal
        return wanted in self.only_by_event.get(condition, ())

    def evidence(self, node: tree.AnyNode) -> tuple[Reading | None, tree.AnyNode]:
        """See `Tables`. The rule's own condition has asked its tracks to keep what this reads."""
        meant = self.inline(node)
        return behind(Scope(self.book, self.tables.bits), meant), meant

    def empty_person(self) -> None:
        """The truth of every condition, and the value of every published trait, for a person
        without events. What the clock alone can turn is looked at when a person appears."""
        tables = self.tables
        nobody = Profile(0, tables.default_truth)
        for place, group in enumerate(tables.groups):
            if isinstance(group, ReadingGroup):
                value, _ = group.reading(nobody, 0)
                tables.default_truth[group.condition] = value is True
            elif isinstance(group, PublishGroup) and place not in self.own:
                group.nothing, _ = group.reading(nobody, 0)
        tables.birth_groups = tuple(sorted(self.birth))
        tables.born_into = tuple(
            bit for bit, formula in enumerate(tables.formulas)
            if holds(formula, tables.default_truth)
        )  # fmt: skip


def _on_first(atom: Atom) -> bool:
    return isinstance(atom, AgeAtom) and atom.end == "first"


def _join(items: tuple[Formula, ...], *, every: bool) -> Formula:
    if not every:
        return Any_(items)
    pairs = tuple(pair for item in items if isinstance(item, Literals) for pair in item.pairs)
    rest = tuple(item for item in items if not isinstance(item, Literals))
    if not rest:
        return Literals(pairs)
    return All((Literals(pairs), *rest) if pairs else rest)


def _conditions(formula: Formula) -> set[int]:
    if isinstance(formula, Literals):
        return {condition for condition, _ in formula.pairs}
    if isinstance(formula, ByPath):
        left = set() if formula.leaves is None else _conditions(formula.leaves)
        return _conditions(formula.enters) | left
    return set().union(*(_conditions(item) for item in formula.items))


STEPS: tuple[Callable[[_Compiler], None], ...] = (
    _Compiler.audiences,
    _Compiler.asked_for,
    _Compiler.published_traits,
    _Compiler.trait_readings,
    _Compiler.groups_of_audiences,
    _Compiler.indexes,
    _Compiler.gates,
    _Compiler.empty_person,
)


def compile_plan(plan: Plan) -> Tables:
    """Compile a checked plan; the same plan always gives the same tables."""
    compiler = _Compiler(plan)
    for step in STEPS:
        step(compiler)
    compiler.tables.formula_of = lambda node, wanted: compiler.formula(
        compiler.inline(node), wanted
    )
    compiler.tables.track_of = compiler.book.counting
    compiler.tables.evidence_of = compiler.evidence
    return compiler.tables
