"""Null, kinds and operators of the rule language on plain values.

Every function takes and gives None for null and never raises on user data.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from ebbline.definitions.versions import parse_version
from ebbline.engine.limits import DAY_MS

Value = Any  # None | bool | int | float | str | list | tuple

BOOLEAN, NUMBER, TEXT, LIST = "boolean", "number", "text", "list"


def kind_of(value: Value) -> str | None:
    """The kind that decides what may be compared with what; None for null and objects."""
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, int | float):
        return NUMBER
    if isinstance(value, str):
        return TEXT
    if isinstance(value, list | tuple):
        return LIST
    return None


def number_of(value: Value) -> int | float | None:
    """The value if it is a finite number (a boolean is none), else null."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if -math.inf < value < math.inf else None


def _same(a: Value, b: Value) -> bool | None:
    kind = kind_of(a)
    if kind is None or kind != kind_of(b):
        return None
    if kind == LIST:
        return len(a) == len(b) and all(_same(x, y) is True for x, y in zip(a, b, strict=True))
    return bool(a == b)


def _different(a: Value, b: Value) -> bool | None:
    same = _same(a, b)
    return None if same is None else not same


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Value, Value], bool | None]:
    def compare(a: Value, b: Value) -> bool | None:
        kind = kind_of(a)
        if kind not in (NUMBER, TEXT) or kind != kind_of(b):
            return None
        return test(a, b)

    return compare


def _in(a: Value, b: Value) -> bool | None:
    if kind_of(a) in (None, LIST) or kind_of(b) != LIST:
        return None
    return any(_same(a, x) is True for x in b)


def _not_in(a: Value, b: Value) -> bool | None:
    found = _in(a, b)
    return None if found is None else not found


COMPARE: dict[str, Callable[[Value, Value], bool | None]] = {
    "==": _same,
    "!=": _different,
    "<": _ordered(lambda a, b: bool(a < b)),
    "<=": _ordered(lambda a, b: bool(a <= b)),
    ">": _ordered(lambda a, b: bool(a > b)),
    ">=": _ordered(lambda a, b: bool(a >= b)),
    "in": _in,
    "not in": _not_in,
}


def _arith(work: Callable[[Any, Any], Any]) -> Callable[[Value, Value], Value]:
    def compute(a: Value, b: Value) -> Value:
        x, y = number_of(a), number_of(b)
        if x is None or y is None:
            return None
        try:
            return number_of(work(x, y))
        except (ZeroDivisionError, OverflowError):
            return None

    return compute


ARITH: dict[str, Callable[[Value, Value], Value]] = {
    "+": _arith(lambda a, b: a + b),
    "-": _arith(lambda a, b: a - b),
    "*": _arith(lambda a, b: a * b),
    "/": _arith(lambda a, b: a / b),
    "%": _arith(lambda a, b: a % b),
}


def _contains(a: Value, b: Value) -> bool | None:
    if isinstance(a, str) and isinstance(b, str):
        return b in a
    if kind_of(a) == LIST and b is not None:
        return _in(b, a)
    return None


def _on_text(work: Callable[..., Any]) -> Callable[..., Value]:
    def compute(*args: Value) -> Value:
        return work(*args) if all(isinstance(a, str) for a in args) else None

    return compute


def _round(x: Value, digits: Value = None) -> Value:
    n = number_of(x)
    if n is None:
        return None
    if digits is None:
        return round(n)
    places = number_of(digits)
    return None if places is None else number_of(round(n, int(places)))


def _length(x: Value) -> int | None:
    return len(x) if kind_of(x) in (TEXT, LIST) else None


def _absolute(x: Value) -> Value:
    n = number_of(x)
    return None if n is None else abs(n)


_written_version = lru_cache(maxsize=1_000)(parse_version)  # the rules' own, not people's


def _version_at_least(text: Value, least: Value) -> bool | None:
    if not isinstance(text, str) or not isinstance(least, str):
        return None
    found, wanted = parse_version(text), _written_version(least)
    return None if found is None or wanted is None else found >= wanted


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "contains": _contains,
    "startswith": _on_text(lambda a, b: a.startswith(b)),
    "endswith": _on_text(lambda a, b: a.endswith(b)),
    "lower": _on_text(lambda a: a.lower()),
    "upper": _on_text(lambda a: a.upper()),
    "len": _length,
    "abs": _absolute,
    "round": _round,
    "default": lambda a, b: b if a is None else a,
    "if_": lambda condition, a, b: a if condition is True else b,
    "version_at_least": _version_at_least,
}


def moment_of(value: Value) -> int | None:
    """UTC milliseconds of ISO-8601 text (a date is its midnight, no zone is UTC), else null."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def moment_text(ms: int) -> str:
    """An instant as people read it: ISO date and time, UTC, milliseconds where there are any."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    text = at.strftime("%Y-%m-%d %H:%M:%S")
    return f"{text}.{ms % 1000:03d}" if ms % 1000 else text


def days_between(earlier_ms: int, later_ms: int) -> int:
    """Whole days from one instant to another, rounded down."""
    return (later_ms - earlier_ms) // DAY_MS


def look_up(bag: dict[str, Value], path: str) -> Value:
    """A value by its flat name, else by walking the dotted path through objects; an object
    itself is no value of the language."""
    value: Value = bag
    for key in (path,) if path in bag else path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return None if isinstance(value, dict) else value


def equal_key(value: Value) -> str | None:
    """A dictionary key under which values that compare equal meet; null for null, for objects
    and for lists that hold either, which equal nothing."""
    if isinstance(value, str):
        return "t" + value
    if isinstance(value, bool):
        return "b1" if value else "b0"
    if isinstance(value, int | float):
        whole = int(value) if value == value // 1 else None
        return f"n{value if whole is None else whole}"
    if isinstance(value, list | tuple):
        keys = [equal_key(item) for item in value]
        return None if None in keys else f"l{keys!r}"
    return None
