"""A plan as one query: for an instant, everybody's computed traits and memberships.

The tree is sqlglot's, written against the relation `events` (see docs/reference/warehouse.md).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlglot import exp

from ebbline.definitions.plan import AudienceDef, Plan
from ebbline.definitions.walk import audiences_used
from ebbline.warehouse import expressions as sql
from ebbline.warehouse.dialects.registry import dialect_of
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.folding import Folder
from ebbline.warehouse.refusals import refuse_path_dependent
from ebbline.warehouse.rules import Rules
from ebbline.warehouse.values import Value

Ctes = list[tuple[str, exp.Select]]


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
    """Everybody's traits and memberships at an instant, by the events known then.

    NotInSql for a plan with an audience whose membership depends on its own past.
    """
    for audience in plan.audiences:
        refuse_path_dependent(audience)
    return _Assembly(plan, now_ms, dialect).query()


class _Assembly:
    """One query being put together."""

    def __init__(self, plan: Plan, now_ms: int, dialect: str) -> None:
        self._plan = plan
        self._dialect = dialect_of(dialect)
        self._rules = Rules(plan, self._dialect, now_ms)
        self._fold = Folder(plan, now_ms)
        self._traits: list[TraitColumns] = []
        self._selected: list[Expr] = []

    def query(self) -> Query:
        """The whole query."""
        stages = self._stages()
        for trait in self._plan.traits:
            self._trait(trait.name, self._rules.reading.value(self._fold(trait.value)))
        columns = [self._columns(audience) for audience in self._plan.audiences]
        ctes = [*self._rules.frame.ctes(), *self._rules.features.ctes()]
        last = self._rules.features.last()
        for number, members in enumerate(stages):
            name = f"rules_{number}"
            stage = exp.select("*", *members).from_(last)
            ctes.append((name, stage))
            last = name
        tree = exp.select("profile", *self._selected, *self._memberships(columns)).from_(last)
        return Query(
            self._with(tree, ctes), self._dialect.name, tuple(self._traits), tuple(columns)
        )

    def _stages(self) -> list[list[Expr]]:
        """Memberships by rounds: an audience comes after those its rule asks for."""
        rounds: dict[str, int] = {}
        stages: list[list[Expr]] = []
        for number, audience in enumerate(self._plan.audiences):
            rule = self._fold(audience.when)
            used = [rounds[name] for name in audiences_used(rule)]
            at = max(used, default=-1) + 1
            rounds[audience.name] = at
            if at == len(stages):
                stages.append([])
            column = f"a{number}"
            stages[at].append(sql.alias(self._rules.reading.certainty(rule), column))
            self._rules.audiences[audience.name] = column
        return stages

    def _trait(self, name: str, value: Value) -> None:
        number = len(self._traits)
        columns: dict[str, str] = {}
        for kind in value.kinds:
            column = f"t{number}_{kind}"
            columns[kind] = column
            self._selected.append(sql.alias(value.known(kind), column))
        self._traits.append(TraitColumns(name, columns))

    def _columns(self, audience: AudienceDef) -> AudienceColumns:
        raw = self._rules.audiences[audience.name]
        return AudienceColumns(audience.name, raw, f"{raw}_effective")

    def _memberships(self, columns: Sequence[AudienceColumns]) -> list[Expr]:
        """Raw memberships, and those that no audience in front suppresses."""
        found: list[Expr] = []
        for each in columns:
            above = [
                sql.column(self._rules.audiences[name])
                for group in self._plan.groups
                if each.name in group.priority
                for name in group.priority[: group.priority.index(each.name)]
            ]
            own = sql.column(each.raw)
            free = [sql.negate(other) for other in above]
            found += [own, sql.alias(sql.both(own, *free), each.effective)]
        return found

    def _with(self, tree: exp.Select, ctes: Ctes) -> exp.Select:
        materialized = False if self._dialect.inline_ctes else None
        for name, select in ctes:
            tree = tree.with_(name, as_=select, materialized=materialized, copy=False)
        return self._dialect.finished(tree.copy())


