"""The compiled plan: tables that `advance` walks, rebuilt from the plan at each start."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from ebbline.definitions.plan import Plan
from ebbline.definitions.tree import AnyNode, Events
from ebbline.engine.decay import DecayTrack
from ebbline.engine.feeds import Feeds
from ebbline.engine.formulas import All, ByPath, Formula, Literals
from ebbline.engine.groups import Group
from ebbline.engine.readings import Reading
from ebbline.engine.tracks import Track
from ebbline.errors import Invariant


def holds(formula: Formula, truth: bytearray) -> bool:
    """Whether a formula is true for these conditions."""
    if isinstance(formula, Literals):
        for condition, wanted in formula.pairs:
            if truth[condition] != wanted:
                return False
        return True
    if isinstance(formula, All):
        return all(holds(item, truth) for item in formula.items)
    if isinstance(formula, ByPath):  # for somebody who is out
        stays_out = formula.leaves is not None and holds(formula.leaves, truth)
        return not stays_out and holds(formula.enters, truth)
    return any(holds(item, truth) for item in formula.items)


def _unset(*_: object) -> NoReturn:
    message = "these tables were not made by compile_plan"
    raise Invariant(message)


class Tables:
    """What one plan compiles to. Audiences keep the plan's (dependency) order; bit i of
    `Profile.raw` is audience i."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.audiences: tuple[str, ...] = tuple(a.name for a in plan.audiences)
        self.bits: dict[str, int] = {name: i for i, name in enumerate(self.audiences)}
        self.traits: tuple[str, ...] = tuple(t.name for t in plan.traits)
        self.tracks: list[Track | DecayTrack] = []
        self.feeds: dict[str, Feeds] = {}
        self.star = Feeds([], [], ())  # of event names that no rule names
        self.groups: list[Group] = []
        self.alone: list[Group] = []  # condition -> a group of it alone, for explanations
        # The formula of a leaf of some rule, and the track that counts some events: what an
        # explanation looks up again. Set by the compiler.
        self.formula_of: Callable[[AnyNode, int], Formula] = _unset
        self.track_of: Callable[[Events], int | None] = _unset
        # What reads the evidence for a part of some rule, and the part as it was compiled.
        self.evidence_of: Callable[[AnyNode], tuple[Reading | None, AnyNode]] = _unset
        self.trait_readings: dict[str, Reading] = {}
        self.trait_groups: dict[str, tuple[int, ...]] = {}  # sent trait -> groups
        self.birth_groups: tuple[int, ...] = ()  # to look at when a person appears
        self.default_truth = bytearray()
        self.formulas: list[Formula] = []
        self.groups_of: list[frozenset[int]] = []  # audience -> groups its conditions are in
        self.watchers: list[tuple[int, ...]] = []  # condition -> audiences
        # Condition -> truth -> groups whose gates may open when it comes to that truth.
        self.opens: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
        self.gated = False  # whether there are any
        self.member_groups: dict[int, tuple[int, ...]] = {}  # audience -> groups that read it
        self.by_path: frozenset[int] = frozenset()  # audiences that depend on the past
        # Whether any rule asks for what calls say of the person without naming a trait.
        self.asks_user = self.asks_consent = self.asks_person = False
        self.born_into: tuple[int, ...] = ()  # audiences true for a person without events
        self.priority: list[tuple[int, ...]] = []  # audience bits of each priority group
        self.priority_of: dict[int, tuple[int, ...]] = {}  # audience -> its priority groups
