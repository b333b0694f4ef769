"""What a rule's node is in SQL: one expression per kind of value it may have.

The language has values of any kind where SQL has typed columns. A `Value` therefore holds up to
one expression for each kind, of which at most one is not null for a person. Comparing two values
is comparing what they have in common, which makes a comparison of two kinds null by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from ebbline.warehouse import expressions as sql
from ebbline.warehouse.expressions import Expr

Kind = Literal["boolean", "number", "text", "list", "timestamp", "duration"]
SCALARS: tuple[Kind, ...] = ("number", "text", "boolean")

Facet = Callable[[], Expr]


class Value:
    """A value by kinds; a kind that is not there is null for everybody.

    `present` says whether there is any value, where that is simpler than asking every kind;
    `definite` that a boolean is never null; `weak` is a simpler condition that is true whenever
    the boolean is, and only then.
    """

    __slots__ = ("_built", "_facets", "definite", "present", "weak")

    def __init__(
        self,
        facets: Mapping[Kind, Expr | Facet],
        present: Expr | None = None,
        *,
        definite: bool = False,
        weak: Expr | None = None,
    ) -> None:
        self._facets = dict(facets)
        self._built: dict[Kind, Expr] = {}
        self.present = present
        self.definite = definite
        self.weak = weak

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds it may have."""
        return tuple(self._facets)

    def of(self, kind: Kind) -> Expr | None:
        """The value where it is of that kind, null elsewhere; None when it never is."""
        if kind not in self._facets:
            return None
        if kind not in self._built:
            facet = self._facets[kind]
            self._built[kind] = facet if isinstance(facet, Expr) else facet()
        return self._built[kind]

    def known(self, kind: Kind) -> Expr:
        """`of` for a kind that is there."""
        found = self.of(kind)
        assert found is not None, kind
        return found

    def is_null(self) -> Expr:
        """Whether there is no value."""
        if self.definite:
            return sql.false()
        if self.present is not None:
            return sql.negate(self.present)
        return sql.both(*[sql.is_null(self.known(kind)) for kind in self._facets])

    def is_present(self) -> Expr:
        """Whether there is a value."""
        if self.definite:
            return sql.true()
        if self.present is not None:
            return self.present
        return sql.either(*[sql.not_null(self.known(kind)) for kind in self._facets])

    def truth(self) -> Expr:
        """True, or else false or null."""
        return self.weak or self.of("boolean") or sql.false()


NOTHING = Value({})


def boolean(item: Expr, *, definite: bool = False, weak: Expr | None = None) -> Value:
    """A condition."""
    return Value({"boolean": item}, definite=definite or item.key == "boolean", weak=weak)


def certain(item: Expr) -> Expr:
    """A condition that is false where it was null."""
    if item.key == "boolean":
        return item
    return sql.coalesce(item, sql.false())


def constant(value: object) -> Value:
    """A value written in the rule."""
    match value:
        case None:
            return NOTHING
        case bool():
            return boolean(sql.true() if value else sql.false())
        case int() | float():
            return Value({"number": sql.number(value)}, sql.true())
        case _:
            return Value({"text": sql.text(str(value))}, sql.true())


def chosen(condition: Expr, first: Value, second: Value) -> Value:
    """One value where the condition holds, the other where it does not or is null."""
    facets: dict[Kind, Expr] = {}
    for kind in dict.fromkeys((*first.kinds, *second.kinds)):
        one, other = first.of(kind), second.of(kind)
        if one is None and other is not None:
            facets[kind] = sql.case((sql.negate(certain(condition)), other))
        elif one is not None:
            facets[kind] = sql.case((condition, one), otherwise=other)
    return Value(facets, definite=first.definite and second.definite)
