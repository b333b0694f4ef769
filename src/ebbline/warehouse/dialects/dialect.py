"""What databases do differently, as one object per dialect: JSON, patterns, exact numbers.

The defaults are what most of them share. A dialect is asked for an expression, never for a name,
so the passes hold no branches.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect as SqlglotDialect

from ebbline.engine.limits import NANO, NUMBER_MAX
from ebbline.warehouse import expressions as sql
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.limits import SMALL_MAX
from ebbline.warehouse.refusals import refused
from ebbline.warehouse.values import Kind


class Dialect:
    """The expressions a dialect spells in its own way. `name` is sqlglot's."""

    name = ""
    whole_type = "DECIMAL(38, 0)"  # of exact sums
    text_type = "TEXT"
    ranges = True  # whether windows may reach so many milliseconds back
    inline_ctes = False  # whether a CTE can say if it is kept as a table

    def finished(self, query: exp.Select) -> exp.Select:
        """The whole query, with whatever the dialect wants around it."""
        ordering = SqlglotDialect.get_or_raise(self.name).NULL_ORDERING
        small = ordering == "nulls_are_small"
        for key in query.find_all(exp.Ordered):  # none is ever null: nothing is said of nulls
            first = ordering != "nulls_are_last" and small != bool(key.args.get("desc"))
            key.set("nulls_first", first)
        return query

    # JSON documents in text columns. A token is the text of one JSON value; null is 'null'.

    def token(self, document: Expr, keys: Sequence[str]) -> Expr:
        """The token at a path of object keys; null when there is none."""
        raise NotImplementedError

    def token_text(self, token: Expr) -> Expr:
        """The text a token of a text stands for; not asked of other tokens."""
        raise NotImplementedError

    def token_number(self, token: Expr) -> Expr:
        """The number of a token; null when it is none."""
        numeric = sql.one_of(self.prefix(token), [sql.text(c) for c in "-0123456789"])
        return sql.case((numeric, sql.cast(token, "DOUBLE")))

    def text_token(self, text: Expr) -> Expr:
        """The token of a text."""
        raise NotImplementedError

    def number_token(self, number: Expr) -> Expr:
        """The token of a number."""
        return sql.cast(number, self.text_type)

    def any_item(self, token: Expr, kind: Kind, wanted: Expr) -> Expr:
        """Whether a list, given as its token, has an item of a kind and value."""
        del token, kind, wanted
        raise refused(self.name, "looking into a list that events bring")

    def list_length(self, token: Expr) -> Expr:
        """How many items a list has."""
        del token
        raise refused(self.name, "the length of a list")

    def list_key(self, token: Expr) -> Expr:
        """A text that is the same for equal lists; null for lists that equal nothing."""
        del token
        raise refused(self.name, "comparing lists")

    def listed(self, token: Expr, place: Expr) -> Expr:
        """An aggregate: the token of the list of tokens, in order of their places."""
        del token, place
        raise refused(self.name, "values()")

    # Texts.

    def prefix(self, text: Expr) -> Expr:
        """The first character."""
        return sql.call("SUBSTR", text, sql.number(1), sql.number(1))

    def part(self, text: Expr, start: int, length: int | None = None) -> Expr:
        """Characters from a place on, counted from 1."""
        rest = () if length is None else (sql.number(length),)
        return sql.call("SUBSTR", text, sql.number(start), *rest)

    def starts(self, text: Expr, start: Expr) -> Expr:
        """Whether a text begins with another."""
        return sql.compare("==", sql.call("LEFT", text, self.length(start)), start)

    def ends(self, text: Expr, end: Expr) -> Expr:
        """Whether a text ends with another."""
        return sql.compare("==", sql.call("RIGHT", text, self.length(end)), end)

    def length(self, text: Expr) -> Expr:
        """Characters of a text, as code points."""
        return sql.call("LENGTH", text)

    def position(self, text: Expr, part: Expr) -> Expr:
        """Where a part begins, 0 when it is not in the text."""
        return sql.call("STRPOS", text, part)

    def lower(self, text: Expr) -> Expr:
        """In lower case."""
        return sql.call("LOWER", text)

    def upper(self, text: Expr) -> Expr:
        """In upper case."""
        return sql.call("UPPER", text)

    def matches(self, text: Expr, pattern: str) -> Expr:
        """Whether a part of the text fits the pattern."""
        raise NotImplementedError

    def piece(self, text: Expr, separator: str, place: int) -> Expr:
        """What stands between separators, counted from 1; empty or null when there is none."""
        return sql.call("SPLIT_PART", text, sql.text(separator), sql.number(place))

    def digits(self, text: Expr) -> Expr:
        """A text of digits as a number."""
        return sql.cast(text, "DOUBLE")

    def ordered_text(self, text: Expr) -> Expr:
        """A text as it is compared by order: by code point, whatever the language."""
        return text

    # Numbers.

    def finite(self, number: Expr) -> Expr:
        """The number, null beyond the greatest float."""
        return number

    def remainder(self, number: Expr, divisor: Expr) -> Expr:
        """The remainder with the sign of the number; the divisor is not 0. Of fractions it is as
        exact as a float's division allows."""
        whole = sql.call("TRUNC", sql.arith("/", number, divisor))
        return sql.arith("-", number, sql.arith("*", divisor, whole))

    def whole_remainder(self, number: Expr, divisor: int) -> Expr:
        """The remainder of whole numbers, neither below 0."""
        return sql.call("MOD", number, sql.number(divisor))

    def rounded(self, number: Expr) -> Expr:
        """To the nearest whole number, halves to the even one."""
        floor = sql.call("FLOOR", number)
        above = sql.arith("-", number, floor)
        even = sql.compare(
            "==", sql.arith("*", sql.call("FLOOR", sql.arith("/", floor, sql.number(2))),
                            sql.number(2)), floor,
        )  # fmt: skip
        half = sql.number(0.5)
        down = sql.either(sql.compare("<", above, half), sql.both(
            sql.compare("==", above, half), even))  # fmt: skip
        return sql.case((down, floor), otherwise=sql.plus(floor, sql.number(1)))

    def rounded_to(self, number: Expr, digits: int) -> Expr:
        """To so many decimals."""
        return sql.call("ROUND", number, sql.number(digits))

    def exact_sum(self, numbers: Expr) -> Expr:
        """An aggregate: the sum of floats with as little error as the database offers."""
        return sql.call("SUM", numbers)

    def whole(self, number: Expr) -> Expr:
        """A float without a fraction, below 2**63, as an exact whole number. By way of BIGINT: to
        a DECIMAL, many databases take fifteen digits only."""
        return sql.cast(sql.cast(number, "BIGINT"), self.whole_type)

    def billionths(self, number: Expr) -> Expr:
        """A number of at most 10**15 as whole billionths; null for larger ones."""
        unit = sql.number(NANO)
        small = self.whole(self.rounded(sql.arith("*", number, unit)))
        floor = sql.call("FLOOR", number)
        rest = self.rounded(sql.arith("*", sql.arith("-", number, floor), unit))
        wholes = sql.arith("*", self.whole(floor), sql.cast(unit, self.whole_type))
        size = sql.call("ABS", number)
        return sql.case(
            (sql.compare("<", size, sql.number(SMALL_MAX)), small),
            (sql.compare("<=", size, sql.number(NUMBER_MAX)),
             sql.plus(wholes, self.whole(rest))),
        )  # fmt: skip

    def from_billionths(self, total: Expr) -> Expr:
        """Whole billionths as the nearest float."""
        written = sql.joined(sql.cast(total, self.text_type), sql.text("e-9"))
        return sql.cast(written, "DOUBLE")
