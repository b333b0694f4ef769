"""Why a person is in or out of an audience, and when each part of the reason flips.

It reads the same conditions the engine decided by, and the profile as it stands; it says what
the state knows (counts that no longer matter are not kept and not claimed).
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from ebbline.definitions import tree
from ebbline.definitions.durations import spoken_duration
from ebbline.definitions.english import sentence
from ebbline.definitions.plan import AudienceDef
from ebbline.definitions.refresh import is_listed
from ebbline.definitions.walk import audiences_used, traits_used
from ebbline.engine.advance import refresh
from ebbline.engine.aggregates import SUMMING
from ebbline.engine.evidence import told
from ebbline.engine.formulas import ByPath, Formula, Literals
from ebbline.engine.limits import NEVER
from ebbline.engine.profile import Profile, decode_profile, encode_profile
from ebbline.engine.scalars import moment_text
from ebbline.engine.tables import Tables, holds
from ebbline.engine.tracks import COUNT, TIMES, Track, edge_of


class Line(msgspec.Struct, frozen=True):
    """One part of a rule. `depth` is its place in the tree; `truth` whether it holds now;
    `flips_ms` the first instant at which it could differ if nothing else happens."""

    depth: int
    truth: bool
    text: str
    note: str
    flips_ms: int | None


class Explanation(msgspec.Struct, frozen=True):
    """The whole answer. `until_ms` is never later than the true next change by time alone."""

    audience: str
    member: bool
    effective: bool
    suppressed_by: str | None
    until_ms: int | None
    lines: tuple[Line, ...]


def explain(tables: Tables, profile: Profile, audience: str, now_ms: int) -> Explanation:
    """Explain one audience for one person at an instant not before their last change."""
    bit = tables.bits[audience]
    definition = tables.plan.audiences[bit]
    seen = decode_profile(encode_profile(profile, tables.default_truth), tables.default_truth)
    refresh(tables, seen, now_ms)
    lines: list[Line] = []
    member, until = _told(tables, seen, definition, now_ms, lines)
    suppressor = _suppressor(tables, seen, bit)
    return Explanation(
        audience, member, member and suppressor is None, suppressor,
        until if until < NEVER else None, tuple(lines),
    )  # fmt: skip


def _told(tables: Tables, profile: Profile, definition: AudienceDef, now_ms: int,
          lines: list[Line]) -> tuple[bool, int]:  # fmt: skip
    """Membership and its next possible change, with the lines that say why."""
    bit = tables.bits[definition.name]
    inside = bool(profile.raw >> bit & 1)
    forced = (profile.overrides or {}).get(bit)
    if forced is not None and now_ms < forced[1]:
        value, end_ms = forced
        note = "until it is taken back" if end_ms == NEVER else f"until {moment_text(end_ms)}"
        text = f"set {'in' if value else 'out'} by hand"
        lines.append(Line(0, value, text, note, _shown(end_ms)))
        _Walk(tables, profile, now_ms, lines).node(definition.when, 0, 1)
        return value, end_ms
    walk = _Walk(tables, profile, now_ms, lines)
    if bit not in tables.by_path:
        return walk.node(definition.when, 0, 1)
    wanted, until = walk.node(_rule_now(definition, inside), 0, 1)
    least_ms = definition.hold_ms if inside else definition.cooldown_ms
    since = (profile.since or {}).get(bit)
    if since is None or least_ms == 0:
        return wanted, until
    end_ms = since + least_ms
    text = f"{'stays' if inside else 'stays out'} at least {spoken_duration(least_ms)}"
    note = f"{'in' if inside else 'out'} since {moment_text(since)}"
    waits = now_ms < end_ms
    lines.append(Line(0, inside == waits, text, note, end_ms if waits else None))
    if not waits:
        return wanted, until
    return inside, end_ms if wanted != inside else max(until, end_ms)


def _rule_now(definition: AudienceDef, inside: bool) -> tree.AnyNode:
    """What has to hold for a person to be in from here on: of those who are in, that the rule
    to leave does not."""
    if definition.exit_when is None:
        return definition.when
    stays = tree.Not(definition.exit_when)
    return stays if inside else tree.And((definition.when, stays))


def _suppressor(tables: Tables, profile: Profile, bit: int) -> str | None:
    for group in tables.priority_of.get(bit, ()):
        for other in tables.priority[group]:
            if other == bit:
                break
            if profile.raw >> other & 1:
                return tables.audiences[other]
    return None


class _Walk:
    """Goes down a rule, writing one line a part."""

    def __init__(self, tables: Tables, profile: Profile, now_ms: int, lines: list[Line]) -> None:
        self.tables, self.profile, self.now_ms, self.lines = tables, profile, now_ms, lines

    def node(self, node: tree.AnyNode, depth: int, wanted: int) -> tuple[bool, int]:
        """Truth and next flip of a part, as the rule wants it (0 inside a `not`)."""
        if isinstance(node, tree.Not):
            truth, until = self.node(node.item, depth, 1 - wanted)
            return truth, until
        if isinstance(node, tree.And | tree.Or):
            every = isinstance(node, tree.And) == bool(wanted)
            place = len(self.lines)
            if depth:
                self.lines.append(Line(depth - 1, True, "all of" if every else "any of", "", None))
            results = [self.node(item, depth + 1, wanted) for item in node.items]
            truth, until = junction(results, deciding=not every)
            if depth:
                head = self.lines[place]
                self.lines[place] = replace(head, truth=truth, flips_ms=_shown(until))
            return truth, until
        return self._leaf(node, max(0, depth - 1), wanted)

    def _leaf(self, node: tree.AnyNode, depth: int, wanted: int) -> tuple[bool, int]:
        formula = self.tables.formula_of(node, wanted)
        truth, until = self._read(formula)
        for other in self._asked(node):  # its own time may flip what asks for it
            until = min(until, _told(self.tables, self.profile, other, self.now_ms, [])[1])
        text = sentence(node)
        if not wanted:
            text = f"not: {text}"
        notes = (self._note(node), *self._left_out(node, formula))
        note = "; ".join(note for note in notes if note)
        self.lines.append(Line(depth, truth, text, note, _shown(until)))
        return truth, until

    def _asked(self, node: tree.AnyNode) -> list[AudienceDef]:
        """The audiences that a part asks for, through traits as well."""
        plan, bits = self.tables.plan, self.tables.bits
        computed = {trait.name: trait.value for trait in plan.traits}
        names = dict.fromkeys(audiences_used(node))
        waiting = list(traits_used(node))
        for name in waiting:  # grows while it runs; traits do not go round in circles
            if name in computed:
                names |= dict.fromkeys(audiences_used(computed[name]))
                waiting += [used for used in traits_used(computed[name]) if used not in waiting]
        return [plan.audiences[bits[name]] for name in names]

    def _read(self, formula: Formula) -> tuple[bool, int]:
        if isinstance(formula, Literals):
            results = [
                (bool(self.profile.truth[c]) == bool(wanted), self._flip(c))
                for c, wanted in formula.pairs
            ]
            return junction(results, deciding=False)
        assert not isinstance(formula, ByPath)  # those are of whole audiences
        truth = holds(formula, self.profile.truth)
        parts = [self._read(item) for item in formula.items]
        return truth, min((until for _, until in parts), default=NEVER)

    def _flip(self, condition: int) -> int:
        return self.tables.alone[condition].sense(self.profile, self.now_ms, [])

    def _note(self, node: tree.AnyNode) -> str:
        """The evidence: the value of the compared side, or what is known of the events."""
        node = _compared(node)
        reading, meant = self.tables.evidence_of(node)
        if reading is not None:
            return told(meant, reading(self.profile, self.now_ms)[0], self.now_ms)
        node = _subject(node)
        if isinstance(node, tree.Trait):
            return self._trait_note(node.name)
        if isinstance(node, tree.Aggregate):
            return self._events_note(node)
        return ""

    def _left_out(self, node: tree.AnyNode, formula: Formula) -> list[str]:
        """Said where this person has more events than are kept one by one, and the part would
        look at older ones."""
        _, node = self.tables.evidence_of(_compared(node))
        found = []
        for track in sorted(self._lists(formula)):
            record = self.profile.tracks.get(track)
            edge = edge_of(record) if isinstance(record, list) else None
            if record is None or edge is None or not _looks_at(node, edge, self.now_ms):
                continue
            many, since = len(record[TIMES]), moment_text(record[TIMES][0])
            kept = self.tables.tracks[track]
            if isinstance(kept, Track) and kept.needs.panes and _sums(node):
                step = spoken_duration(kept.pane_ms)
                found.append(f"more than {many:,} events, before {since} in steps of {step}")
            else:
                found.append(f"only the latest {many:,} events count, those since {since}")
        return found

    def _lists(self, formula: Formula) -> set[int]:
        if isinstance(formula, Literals):
            return {track for c, _ in formula.pairs for track in self.tables.alone[c].lists()}
        assert not isinstance(formula, ByPath)  # as in `_read`
        return {track for item in formula.items for track in self._lists(item)}

    def _trait_note(self, name: str) -> str:
        if is_listed(name):
            entry = self.profile.traits.get(name)
            said = "never named" if entry is None else "named" if entry[0] else "not any more"
            return said if entry is None else f"{said}, by its SQL at {moment_text(entry[1])}"
        reading = self.tables.trait_readings.get(name)
        if reading is not None:
            value = reading(self.profile, self.now_ms)[0]
        else:
            entry = self.profile.traits.get(name)
            if entry is None:
                return f"{name} was never set"
            value = entry[0]
        return f"{name} is {_display(value)}"

    def _events_note(self, node: tree.Aggregate) -> str:
        track = self.tables.track_of(node.events)
        if track is None:
            return ""
        record = self.profile.tracks.get(track)
        if record is None:
            return "never happened"
        last = f", last {moment_text(record[TIMES][-1])}" if record[TIMES] else ""
        return f"{record[COUNT]}x in all{last}"


def _compared(node: tree.AnyNode) -> tree.AnyNode:
    """Of a comparison the side that is not just written down."""
    if not isinstance(node, tree.Compare):
        return node
    written = isinstance(node.left, tree.Literal | tree.Duration | tree.Moment)
    return node.right if written else node.left


def _looks_at(node: tree.AnyNode, at_ms: int, now_ms: int) -> bool:
    """Whether a function would read an entry of this time one by one."""
    if not isinstance(node, tree.Aggregate):
        return True
    within_ms = node.window.within_ms
    return node.window != tree.Window() and (within_ms is None or at_ms > now_ms - within_ms)


def _sums(node: tree.AnyNode) -> bool:
    """Whether panes are as good as entries but for their length."""
    return isinstance(node, tree.Score) or (
        isinstance(node, tree.Aggregate) and node.name in SUMMING
    )


def _subject(node: tree.AnyNode) -> tree.AnyNode:
    """What a function is asked of; of consent, the trait that holds it."""
    match node:
        case tree.Call(name="consented", args=(tree.Literal(value=purpose),)):
            return tree.Trait(f"consent.{purpose}")
        case tree.Call(name="version_at_least" | "lower" | "upper" | "default", args=(first, *_)):
            return first
        case _:
            return node


def junction(results: list[tuple[bool, int]], *, deciding: bool) -> tuple[bool, int]:
    """AND and OR over (truth, until); see `readings`."""
    decided = [until for truth, until in results if truth == deciding]
    if decided:
        return deciding, max(decided)
    return not deciding, min((until for _, until in results), default=NEVER)


def _shown(until: int) -> int | None:
    return until if until < NEVER else None


def _display(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}" if value == round(value, 6) else f"{value:.2f}"
    return "not set" if value is None else str(value)
