"""Columns that are worked out from other columns, in as many rounds as that takes.

SQL has no names inside an expression: what is used twice is written twice, and what builds on
that four times. A column is named once instead, and what reads it comes a round later.
"""

from __future__ import annotations

from sqlglot import exp

from ebbline.warehouse import expressions as sql
from ebbline.warehouse.expressions import Expr

Ctes = list[tuple[str, exp.Select]]


class Stages:
    """Columns on top of one relation; equal ones are one."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._known: dict[object, str] = {}
        self._round_of: dict[str, int] = {}
        self._rounds: list[list[tuple[str, Expr]]] = []

    def column(self, item: Expr, name: str = "") -> Expr:
        """An expression as a column, if it is more than one."""
        if not name and isinstance(item, exp.Column | exp.Literal | exp.Boolean | exp.Null):
            return item
        key = name or item
        if key not in self._known:
            made = name or f"{self._prefix}{len(self._known)}"
            self._known[key] = made
            at = 1 + max((self._round_of.get(c.name, -1) for c in item.find_all(exp.Column)),
                         default=-1)  # fmt: skip
            self._round_of[made] = at
            while len(self._rounds) <= at:
                self._rounds.append([])
            self._rounds[at].append((made, item))
        return sql.column(self._known[key])

    def ctes(self, base: str, last: str) -> Ctes:
        """A CTE for each round over `base`, the last of them under the name `last`."""
        found: Ctes = []
        for number, columns in enumerate(self._rounds or [[]]):
            select = exp.select("*")
            for name, item in columns:
                select.select(sql.alias(item, name), copy=False)
            ends = number == len(self._rounds or [[]]) - 1
            name = last if ends else f"{last}_{number}"
            found.append((name, select.from_(base, copy=False)))
            base = name
        return found
