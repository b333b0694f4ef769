"""A plan as one query: for an instant, everybody's computed traits and memberships.

The tree is sqlglot's, written against the relation `events` (see docs/reference/warehouse.md).
"""

from __future__ import annotations

import msgspec
from sqlglot import exp

from ebbline.definitions.plan import GroupDef, Plan
from ebbline.definitions.walk import audiences_used
from ebbline.errors import NotFound
from ebbline.warehouse import expressions as sql
from ebbline.warehouse.dialects.registry import dialect_of
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.folding import Folder
from ebbline.warehouse.refusals import refuse_path_dependent
from ebbline.warehouse.rules import Rules
from ebbline.warehouse.stages import Ctes
from ebbline.warehouse.values import Value


class TraitColumns(msgspec.Struct, frozen=True):
    """Where a computed trait's value is: a column per kind it may have."""

    name: str
    columns: dict[str, str]


class AudienceColumns(msgspec.Struct, frozen=True):
    """Where an audience's memberships are: by its own rule, and after priority groups."""

    name: str
    raw: str
    effective: str


class Query(msgspec.Struct, frozen=True):
    """A query and what its columns mean; `profile` is always the first."""

    tree: exp.Select
    dialect: str
    traits: tuple[TraitColumns, ...]
    audiences: tuple[AudienceColumns, ...]

    def sql(self, *, pretty: bool = False) -> str:
        """The text of the query."""
        return self.tree.sql(dialect=self.dialect, pretty=pretty)


def memberships(plan: Plan, now_ms: int, dialect: str = "duckdb") -> Query:
    """Everybody's traits and memberships at an instant, by the events known then: `profile`, the
    traits' columns, and two columns for each audience.

    NotInSql for a plan with an audience whose membership depends on its own past.
    """
    assembly = _Assembly(plan, now_ms, dialect)
    traits = [assembly.trait(trait.name) for trait in plan.traits]
    audiences = [assembly.audience(audience.name) for audience in plan.audiences]
    tree = assembly.query(sql.true())
    return Query(tree, assembly.dialect.name, tuple(traits), tuple(audiences))


def members(
    plan: Plan, audience: str, now_ms: int, dialect: str = "duckdb", *, effective: bool = False
) -> Query:
    """The members of one audience at an instant: `profile`, and the audience's two columns.

    Nothing that the audience does not depend on is worked out. With `effective`, people for whom a
    priority group suppresses it are left out. NotFound when there is no such audience.
    """
    if audience not in {each.name for each in plan.audiences}:
        raise NotFound(f'There is no audience "{audience}" in the project.')
    assembly = _Assembly(narrowed(plan, audience), now_ms, dialect)
    columns = assembly.audience(audience)
    condition = assembly.effective(audience) if effective else assembly.raw(audience)
    return Query(assembly.query(condition), assembly.dialect.name, (), (columns,))


def narrowed(plan: Plan, audience: str) -> Plan:
    """A plan with the audiences that one depends on: those its rule asks for, those that may
    suppress it, and what these depend on."""
    fold = Folder(plan, 0)
    uses = {
        each.name: [
            *audiences_used(fold(each.when)),
            *(audiences_used(fold(each.exit_when)) if each.exit_when is not None else ()),
        ]
        for each in plan.audiences
    }
    groups = tuple(
        GroupDef(group.name, (*above(group, audience), audience))
        for group in plan.groups
        if audience in group.priority
    )
    needed: set[str] = set()
    waiting = [audience, *(name for group in groups for name in group.priority)]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += uses[name]
    kept = tuple(each for each in plan.audiences if each.name in needed)
    return msgspec.structs.replace(plan, audiences=kept, groups=groups)


def above(group: GroupDef, audience: str) -> tuple[str, ...]:
    """The audiences of a group that go before one of it."""
    return group.priority[: group.priority.index(audience)]


class _Assembly:
    """One query being put together: every audience is worked out, some of it is selected."""

    def __init__(self, plan: Plan, now_ms: int, dialect: str) -> None:
        for audience in plan.audiences:
            refuse_path_dependent(audience)
        self.dialect = dialect_of(dialect)
        self._plan = plan
        self._rules = Rules(plan, self.dialect, now_ms)
        self._fold = Folder(plan, now_ms)
        self._traits = 0
        self._selected: list[Expr] = [sql.column("profile")]
        self._stages = self._compiled()

    def _compiled(self) -> list[list[Expr]]:
        """Memberships by rounds: an audience comes after those its rule asks for."""
        rounds: dict[str, int] = {}
        stages: list[list[Expr]] = [[]]
        for number, audience in enumerate(self._plan.audiences):
            rule = self._fold(audience.when)
            used = [rounds[name] for name in audiences_used(rule)]
            at = rounds[audience.name] = max(used, default=-1) + 1
            if at == len(stages):
                stages.append([])
            column = f"a{number}"
            stages[at].append(sql.alias(self._rules.reading.certainty(rule), column))
            self._rules.audiences[audience.name] = column
        return stages

    def trait(self, name: str) -> TraitColumns:
        """Select a computed trait."""
        (rule,) = (trait.value for trait in self._plan.traits if trait.name == name)
        value: Value = self._rules.reading.value(self._fold(rule))
        columns: dict[str, str] = {}
        for kind in value.kinds:
            columns[kind] = f"t{self._traits}_{kind}"
            self._selected.append(sql.alias(value.known(kind), columns[kind]))
        self._traits += 1
        return TraitColumns(name, columns)

    def audience(self, name: str) -> AudienceColumns:
        """Select an audience."""
        column = self._rules.audiences[name]
        suppressed = f"{column}_effective"
        self._selected += [self.raw(name), sql.alias(self.effective(name), suppressed)]
        return AudienceColumns(name, column, suppressed)

    def raw(self, name: str) -> Expr:
        """Membership by an audience's own rule."""
        return sql.column(self._rules.audiences[name])

    def effective(self, name: str) -> Expr:
        """Membership that no audience in front suppresses."""
        before = [above(group, name) for group in self._plan.groups if name in group.priority]
        free = [sql.negate(self.raw(other)) for others in before for other in others]
        return sql.both(self.raw(name), *free)

    def query(self, condition: Expr) -> exp.Select:
        """The whole query over everybody who fulfils a condition."""
        ctes: Ctes = [*self._rules.frame.ctes(), *self._rules.features.ctes()]
        last = self._rules.features.last()
        for number, columns in enumerate(self._stages):
            name = f"rules_{number}"
            ctes.append((name, exp.select("*", *columns).from_(last)))
            last = name
        tree = exp.select(*self._selected).from_(last)
        if not sql.is_constant(condition, value=True):
            tree = tree.where(condition)
        people = self._rules.features.people()
        for name, select in ctes:
            # Events are read anew by each pass, which takes what it needs; people are worked out
            # once, as planning their many columns over and over costs more than keeping them.
            kept = (name in people) if self.dialect.inline_ctes else None
            tree = tree.with_(name, as_=select, materialized=kept, copy=False)
        return self.dialect.finished(tree.copy())
