"""One declared property or trait: the type its values are converted to, and their bounds.

Only what converts without loss converts: a text that is a JSON number, or true or false, and a
float without a fraction. Everything else keeps its type and breaks the declaration. Of JSON
Schema it holds the keywords in `KEYWORDS`; patterns, formats and nested schemas it does not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from ebbline.events import limits
from ebbline.events.times import read_time
from ebbline.events.wire import INT_MAX, INT_MIN

UNFIT: Final = object()
"""What a conversion gives for a value that is not of its type."""

_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_BOOLEANS: Final = {"true": True, "false": False}


class Declared(msgspec.Struct, frozen=True):
    """What a tracking plan says of one property or trait; `schema` holds further keywords."""

    type: str = "any"
    required: bool = False
    aliases: tuple[str, ...] = ()
    pii: bool = False
    schema: Mapping[str, Any] = {}


class Reader:
    """Reads the values of one declared property."""

    __slots__ = ("_bounds", "_convert", "_expected", "_pii", "plain")

    def __init__(self, declared: Declared) -> None:
        plain, self._convert, self._expected = _TYPES.get(declared.type, _TYPES["any"])
        self._bounds = _bounds(declared.schema)
        self._pii = declared.pii
        self.plain: frozenset[type] = plain if not self._bounds else frozenset()
        """Types whose values need no reading at all."""

    def read(self, value: Any) -> Any | Misfit:
        """The value as declared; for one that does not fit, a `Misfit` that says why."""
        converted = self._convert(value)
        if converted is UNFIT:
            return Misfit(f"must be {self._expected}, got {self._shown(value)}")
        for holds, words in self._bounds:
            if not holds(converted):
                return Misfit(f"must {words}, got {self._shown(value)}")
        return converted

    def _shown(self, value: Any) -> str:
        """The value in a message; personal data only by its kind."""
        if isinstance(value, dict | list) or self._pii:
            return next(words for kind, words in _WORDS if isinstance(value, kind))
        text = msgspec.json.encode(value).decode()
        longest = limits.SHOWN_LENGTH_MAX
        return text if len(text) <= longest else text[: longest - 1] + "…"


class Misfit(msgspec.Struct, frozen=True):
    """Why a value does not fit; goes on from the property's name."""

    words: str


def _number(value: Any) -> Any:
    if isinstance(value, str):
        return _text_number(value)
    return UNFIT if isinstance(value, bool) or not isinstance(value, int | float) else value


def _text_number(text: str) -> Any:
    found = _NUMBER.fullmatch(text) if len(text) <= limits.NUMBER_TEXT_LENGTH_MAX else None
    if found is None:
        return UNFIT
    if found[1] is None and found[2] is None:
        number = int(text)
        return number if INT_MIN <= number <= INT_MAX else UNFIT
    decimal = float(text)
    return decimal if math.isfinite(decimal) else UNFIT


def _integer(value: Any) -> Any:
    number = _number(value)
    if isinstance(number, float):
        whole = number.is_integer() and INT_MIN <= number <= INT_MAX
        return int(number) if whole and INT_MIN <= int(number) <= INT_MAX else UNFIT
    return number


def _boolean(value: Any) -> Any:
    if isinstance(value, str):
        return _BOOLEANS.get(value.lower(), UNFIT)
    return value if isinstance(value, bool) else UNFIT


def _timestamp(value: Any) -> Any:
    return value if isinstance(value, str) and read_time(value) is not None else UNFIT


def _only(kind: type) -> Callable[[Any], Any]:
    return lambda value: value if isinstance(value, kind) else UNFIT


_TYPES: Final[dict[str, tuple[frozenset[type], Callable[[Any], Any], str]]] = {
    "string": (frozenset({str}), _only(str), "text"),
    "number": (frozenset({int, float}), _number, "a number"),
    "integer": (frozenset({int}), _integer, "a whole number"),
    "boolean": (frozenset({bool}), _boolean, "true or false"),
    "timestamp": (frozenset(), _timestamp, "an ISO-8601 time"),
    "array": (frozenset({list}), _only(list), "a list"),
    "object": (frozenset({dict}), _only(dict), "an object"),
    "any": (frozenset({str, int, float, bool, list, dict}), lambda value: value, "anything"),
}
_WORDS: Final[tuple[tuple[type, str], ...]] = (
    (bool, "a boolean"), (str, "a text"), (list, "a list"), (dict, "an object"),
    (object, "a number"),
)  # fmt: skip


# -- bounds ---------------------------------------------------------------------------------

Holds = Callable[[Any], bool]


def _bounds(schema: Mapping[str, Any]) -> tuple[tuple[Holds, str], ...]:
    """The tests of a schema's keywords, each with the words of its message."""
    return tuple(
        (KEYWORDS[key][0](value), KEYWORDS[key][1].format(_json(value)))
        for key, value in schema.items()
        if key in KEYWORDS
    )


def _json(value: Any) -> str:
    return (
        ", ".join(map(_json, value))
        if isinstance(value, list)
        else str(msgspec.json.encode(value), "utf-8")
    )


def _for(kinds: Any, test: Callable[[Any, Any], bool]) -> Callable[[Any], Holds]:
    """A keyword that says nothing about values of other kinds, as in JSON Schema."""

    def make(bound: Any) -> Holds:
        return lambda value: (
            not isinstance(value, kinds) or isinstance(value, bool) or test(value, bound)
        )

    return make


def _same(value: Any, other: Any) -> bool:
    """Equality in which true is not 1."""
    return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)


def _enum(choices: Any) -> Holds:
    return lambda value: any(_same(value, choice) for choice in choices)


KEYWORDS: Final[dict[str, tuple[Callable[[Any], Holds], str]]] = {
    "minimum": (_for(int | float, lambda value, bound: value >= bound), "be at least {}"),
    "maximum": (_for(int | float, lambda value, bound: value <= bound), "be at most {}"),
    "exclusiveMinimum": (_for(int | float, lambda value, bound: value > bound), "be above {}"),
    "exclusiveMaximum": (_for(int | float, lambda value, bound: value < bound), "be below {}"),
    "minLength": (_for(str, lambda value, n: len(value) >= n), "have at least {} characters"),
    "maxLength": (_for(str, lambda value, n: len(value) <= n), "have at most {} characters"),
    "minItems": (_for(list, lambda value, n: len(value) >= n), "have at least {} items"),
    "maxItems": (_for(list, lambda value, n: len(value) <= n), "have at most {} items"),
    "enum": (_enum, "be one of {}"),
    "const": (lambda bound: lambda value: _same(value, bound), "be {}"),
}
"""JSON Schema's keywords that are enforced: how a bound becomes a test, and its words."""
