"""The register of what is worked out per person: columns, the CTEs that make them, and levels.

A column's level says how many rounds over the events it needs: 0 looks at the events alone, 1
also at an instant that level 0 found (`since=last_time(...)`), and so on. All counts, sums and
ends of one level are one GROUP BY; what needs an order of events is a CTE of its own.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from ebbline.warehouse import expressions as sql
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.frame import MARKED
from ebbline.warehouse.stages import Ctes, Stages

EVENT = "event"  # the alias of the events where people are joined to them


class Block:
    """A CTE with a row for each person it has something to say of. `select` gives `profile` and
    the columns asked for; `inner`, where there is one, is the query over events inside it."""

    def __init__(self, features: Features, base: str, level: int, inner: exp.Select) -> None:
        self.name = f"by_{base}"
        self.level = level
        self.inner = inner
        self.select = exp.select("profile")
        self.columns: dict[str, str] = {}
        self.conditions: list[Expr] = []  # an event is looked at when any of them holds
        self._base = base
        self._features = features

    def finished(self) -> exp.Select:
        """The whole query."""
        if self.conditions:
            self.inner.where(sql.either(*self.conditions), copy=False)
            self.conditions = []
        return self.select

    def column(self, label: str, item: Expr) -> Expr:
        """A column over what the inner query gives."""
        if label not in self.columns:
            name = f"{self._base}_{label}"
            self.columns[label] = name
            self._features.register(name, self.level)
            self.select.select(sql.alias(item, name), copy=False)
        return sql.column(self.columns[label])

    def carried(self, label: str, item: Expr) -> Expr:
        """A column over the events themselves, carried through."""
        if label not in self.columns:
            self.inner.select(sql.alias(item, label), copy=False)
        return self.column(label, sql.column(label))


class Level:
    """What one round over the events gives."""

    def __init__(self, number: int) -> None:
        self.aggregates: list[tuple[str, Expr]] = []
        self.blocks: list[Block] = []
        self.stages = Stages(f"y{number}_")  # what is worked out from this level and those before


class Features:
    """Hands out columns by what they are, so that equal ones are worked out once."""

    def __init__(self) -> None:
        self.levels = [Level(0)]
        self._level_of: dict[str, int] = {}
        self._known: dict[object, str] = {}
        self._blocks: dict[object, Block] = {}

    def level_of(self, *items: Expr) -> int:
        """The highest level among the columns that expressions read, -1 for none."""
        columns = [column for item in items for column in item.find_all(exp.Column)]
        return max((self._level_of.get(column.name, -1) for column in columns), default=-1)

    def aggregate(self, item: Expr, level: int) -> Expr:
        """A column of the GROUP BY of a level."""
        key = (level, item)
        if key not in self._known:
            name = self._new(key)
            self.register(name, level)
            self._at(level).aggregates.append((name, item))
        return sql.column(self._known[key])

    def named(self, item: Expr) -> Expr:
        """An expression over a person as a column, so that it is worked out once."""
        level = max(0, self.level_of(item))
        column = self._at(level).stages.column(item)
        if column is not item:
            self.register(column.name, level)
        return column

    def instant(self, item: Expr) -> tuple[Expr, int]:
        """An instant as a column that events can be compared with, and the level of those
        events."""
        if isinstance(item, exp.Literal):
            return item, 0
        return self.named(item), max(0, self.level_of(item)) + 1

    def block(self, key: object, level: int, make: Callable[[Block], None]) -> Block:
        """A CTE of its own; `make` sets what it reads when it is new."""
        if key not in self._blocks:
            block = Block(self, self._new(key), level, self.rows(level))
            self._blocks[key] = block
            make(block)
            self._at(level).blocks.append(block)
        return self._blocks[key]

    def register(self, name: str, level: int) -> None:
        """Know a column's level."""
        self._level_of[name] = level

    def rows(self, level: int) -> exp.Select:
        """The events that a level looks at, each with its person's earlier columns."""
        if level == 0:
            return exp.select().from_(exp.alias_(exp.to_table(MARKED), EVENT))
        person = person_name(level - 1)
        return (
            exp.select()
            .from_(exp.alias_(exp.to_table(MARKED), EVENT))
            .join(person, on=sql.compare("==", of_event(), sql.column("profile", person)))
        )

    def ctes(self) -> Ctes:
        """All CTEs in order; the last has a row per person and every column."""
        found: Ctes = []
        for number, level in enumerate(self.levels):
            found += self._counted(number, level)
            found += [(block.name, block.finished()) for block in level.blocks]
            found.append((joined_name(number), self._person(number, level)))
            found += level.stages.ctes(joined_name(number), person_name(number))
        return found

    def people(self) -> frozenset[str]:
        """The CTEs with a row per person and all columns up to a level."""
        return frozenset(person_name(number) for number in range(len(self.levels)))

    def last(self) -> str:
        """The CTE with a row per person and every column."""
        return person_name(len(self.levels) - 1)

    def _counted(self, number: int, level: Level) -> Ctes:
        if number and not level.aggregates:
            return []
        select = self.rows(number).select(sql.alias(of_event(), "profile"), copy=False)
        for name, item in level.aggregates:
            select = select.select(sql.alias(item, name), copy=False)
        return [(f"counted_{number}", select.group_by(of_event(), copy=False))]

    def _person(self, number: int, level: Level) -> exp.Select:
        first = f"counted_{number}" if number == 0 else person_name(number - 1)
        before = [name for name, _ in level.aggregates] if number == 0 else self._columns(number)
        own = [sql.alias(sql.column("profile", first), "profile")]
        select = exp.select(*own, *[sql.column(name, first) for name in before])
        select = select.from_(first, copy=False)
        others = [(block.name, list(block.columns.values())) for block in level.blocks]
        if number and level.aggregates:
            names = [name for name, _ in level.aggregates]
            others.insert(0, (f"counted_{number}", names))
        for name, columns in others:
            on = sql.compare("==", sql.column("profile", first), sql.column("profile", name))
            select = select.join(name, on=on, join_type="left", copy=False)
            for column in columns:
                select = select.select(sql.column(column, name), copy=False)
        return select

    def _columns(self, before: int) -> list[str]:
        """The columns of all levels below one."""
        return [name for name, level in self._level_of.items() if level < before]

    def _at(self, level: int) -> Level:
        while len(self.levels) <= level:
            self.levels.append(Level(len(self.levels)))
        return self.levels[level]

    def _new(self, key: object) -> str:
        name = f"x{len(self._known)}"
        self._known[key] = name
        return name


def person_name(level: int) -> str:
    """The CTE with everything of a level and those before it."""
    return f"person_{level}"


def joined_name(level: int) -> str:
    """The CTE that joins what a level found to its people."""
    return f"joined_{level}"


def of_event() -> Expr:
    """The person an event is of."""
    return sql.column("profile", EVENT)
