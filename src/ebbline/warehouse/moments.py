"""ISO 8601 text as UTC milliseconds, by arithmetic that every database has.

No database's own timestamps are used: they differ in what they read and in what they refuse.
What is read here is what `ebbline.engine.scalars.moment_of` reads, except for week dates, and for a
stray character that some versions of Python let stand after a time.
"""

from __future__ import annotations

from ebbline.engine.limits import DAY_MS
from ebbline.warehouse import expressions as sql
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.limits import MOMENT_LENGTH_MAX
from ebbline.warehouse.place import Place

_DATE = "([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8})"
_CLOCK = "([0-9]{2}(:[0-9]{2}(:[0-9]{2})?)?|[0-9]{4}([0-9]{2})?)([.,][0-9]+)?"
_PATTERN = f"^{_DATE}(.{_CLOCK}(Z|[+-]{_CLOCK})?)?$"

_DAYS_BEFORE_EPOCH = 719_468  # from 1 March of the year 0
_HOUR_MS, _MINUTE_MS, _SECOND_MS = 3_600_000, 60_000, 1_000


def milliseconds(place: Place, text: Expr) -> Expr:
    """The instant a text says, as whole milliseconds; null where it says none."""
    dialect, named = place.dialect, place.named
    text = named(text)
    shaped = sql.both(
        sql.compare("<=", dialect.length(text), sql.number(MOMENT_LENGTH_MAX)),
        dialect.matches(text, _PATTERN),
    )
    reader = _Reader(place, named(sql.case((shaped, text))))
    return named(sql.case((named(reader.valid()), sql.cast(reader.instant(), "BIGINT"))))


class _Reader:
    """The parts of one text, null unless it has the shape."""

    def __init__(self, place: Place, text: Expr) -> None:
        dialect, named = place.dialect, place.named
        self._dialect = dialect
        self._named = named
        part = dialect.part
        dashed = sql.compare("==", part(text, 5, 1), sql.text("-"))
        self.year = self._number(part(text, 1, 4))
        self.month = self._number(sql.case((dashed, part(text, 6, 2)), otherwise=part(text, 5, 2)))
        self.day = self._number(sql.case((dashed, part(text, 9, 2)), otherwise=part(text, 7, 2)))
        clock = named(sql.case((dashed, part(text, 12)), otherwise=part(text, 10)))
        plus, minus = (named(dialect.position(clock, sql.text(sign))) for sign in "+-")
        self._ahead = sql.compare(">", plus, sql.number(0))
        self._behind = sql.compare(">", minus, sql.number(0))
        at = sql.plus(plus, minus)
        zoned = sql.compare(">", at, sql.number(0))
        before = sql.call("SUBSTR", clock, sql.number(1), sql.arith("-", at, sql.number(1)))
        self._time = named(_dotted(sql.case((zoned, before), otherwise=_without(clock, "Z"))))
        self._clock = self._parts(self._time)
        offset = named(_dotted(sql.call("SUBSTR", clock, sql.plus(at, sql.number(1)))))
        there = sql.either(self._ahead, self._behind)
        self._offset_ms = named(
            sql.case((there, _clock_ms(*self._parts(offset))), otherwise=sql.number(0))
        )

    def _number(self, digits: Expr) -> Expr:
        return self._named(self._dialect.digits(digits))

    def valid(self) -> Expr:
        """Whether there is such a day, such a time, and an offset within a day."""
        month, day = self.month, self.day
        hours, minutes, seconds = self._clock
        return sql.both(
            sql.compare(">=", self.year, sql.number(1)),
            sql.compare(">=", month, sql.number(1)),
            sql.compare("<=", month, sql.number(12)),
            sql.compare(">=", day, sql.number(1)),
            sql.compare("<=", day, self._days_in_month()),
            sql.compare("<=", hours, sql.number(23)),
            sql.compare("<=", minutes, sql.number(59)),
            sql.compare("<=", seconds, sql.number(59)),
            sql.compare("<", self._offset_ms, sql.number(DAY_MS)),
        )

    def instant(self) -> Expr:
        """Milliseconds since the epoch."""
        offset = self._offset_ms
        shift = sql.case(
            (self._ahead, offset), (self._behind, sql.arith("-", sql.number(0), offset)),
            otherwise=sql.number(0),
        )  # fmt: skip
        days = sql.arith("*", self._days(), sql.number(DAY_MS))
        within_day = sql.plus(_clock_ms(*self._clock), self._fraction())
        return sql.arith("-", sql.plus(days, within_day), shift)

    def _days(self) -> Expr:
        """Days from the epoch to the date: years begin in March, so that a leap day ends one,
        and months have 31 30 31 30 31 days over and over, 153 in five."""
        early = sql.compare("<=", self.month, sql.number(2))
        year = sql.arith("-", self.year, sql.case((early, sql.number(1)), otherwise=sql.number(0)))
        back = sql.case((early, sql.number(-9)), otherwise=sql.number(3))
        month = sql.arith("-", self.month, back)
        before_month = _floor(sql.plus(sql.arith("*", month, sql.number(153)), sql.number(2)), 5)
        leap_days = sql.plus(sql.arith("-", _floor(year, 4), _floor(year, 100)), _floor(year, 400))
        since = sql.plus(sql.arith("*", year, sql.number(365)), leap_days, before_month, self.day)
        return sql.arith("-", since, sql.number(_DAYS_BEFORE_EPOCH + 1))

    def _days_in_month(self) -> Expr:
        short = sql.one_of(self.month, [sql.number(month) for month in (4, 6, 9, 11)])
        by_4, by_100, by_400 = (
            sql.compare("==", sql.arith("*", _floor(self.year, years), sql.number(years)),
                        self.year)
            for years in (4, 100, 400)
        )  # fmt: skip
        leap = sql.both(by_4, sql.either(sql.negate(by_100), by_400))
        february = sql.compare("==", self.month, sql.number(2))
        return sql.case(
            (short, sql.number(30)),
            (sql.both(february, leap), sql.number(29)),
            (february, sql.number(28)),
            otherwise=sql.number(31),
        )

    def _parts(self, time: Expr) -> tuple[Expr, Expr, Expr]:
        """Hours, minutes and seconds of HH, HH:MM, HHMM, ...; what is not there is 0."""
        main = self._dialect.piece(time, ".", 1)
        padded = self._named(sql.joined(_without(main, ":"), sql.text("000000")))
        digits = [self._dialect.part(padded, start, 2) for start in (1, 3, 5)]
        hours, minutes, seconds = map(self._number, digits)
        return hours, minutes, seconds

    def _fraction(self) -> Expr:
        """Whole milliseconds of the fraction of a second."""
        digits = sql.coalesce(self._dialect.piece(self._time, ".", 2), sql.text(""))
        padded = sql.joined(digits, sql.text("000"))
        return self._number(self._dialect.part(padded, 1, 3))


def _clock_ms(hours: Expr, minutes: Expr, seconds: Expr) -> Expr:
    return sql.plus(
        sql.arith("*", hours, sql.number(_HOUR_MS)),
        sql.arith("*", minutes, sql.number(_MINUTE_MS)),
        sql.arith("*", seconds, sql.number(_SECOND_MS)),
    )


def _floor(number: Expr, divisor: int) -> Expr:
    return sql.call("FLOOR", sql.arith("/", number, sql.number(divisor)))


def _without(text: Expr, mark: str) -> Expr:
    return sql.call("REPLACE", text, sql.text(mark), sql.text(""))


def _dotted(time: Expr) -> Expr:
    """With a point before the fraction, whichever mark was there."""
    return sql.call("REPLACE", time, sql.text(","), sql.text("."))
