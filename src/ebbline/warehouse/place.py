"""Where an expression is worked out: in which dialect, and where its parts can get a name."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ebbline.warehouse.dialects.dialect import Dialect
from ebbline.warehouse.expressions import Expr


class Place(msgspec.Struct, frozen=True):
    """`named` gives a column that holds an expression, for what would be written several times."""

    dialect: Dialect
    named: Callable[[Expr], Expr]
