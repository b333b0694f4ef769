"""The functions of the rule language as data: names, parameters, results, one line of help.

Adding a function whose tree node exists is adding a row. How arguments are read is in
`arguments`, what they mean is the engine's.
"""

from __future__ import annotations

from typing import Literal as OneOf

import msgspec

Kind = OneOf["boolean", "number", "text", "timestamp", "duration", "list", "null", "any"]
Shape = OneOf[
    "call", "aggregate", "seen", "last_n", "matched", "missed", "sequence", "score", "points",
    "step", "trait", "property", "audience", "list", "timestamp", "duration",
]  # fmt: skip
ParamKind = OneOf[
    "events",  # "Name", ["A", "B"], "*", or step("Name", where=...) where two sets are taken
    "expression",  # any expression of the place the call stands in
    "moment",  # an expression; a text literal is a timestamp
    "value",  # an expression over the event's properties
    "condition",  # the same, true or false
    "path",  # the bare name of a property
    "duration",  # a text such as "24h"
    "window",  # the same, or "today", "this_week", "this_month"
    "zone",  # the name of a time zone written in the rule
    "whole",  # a whole number of at least 1
    "number",  # a number written in the rule
    "pattern",  # a regular expression written in the rule
    "name",  # a text written in the rule
    "points",  # points(...)
]


class Param(msgspec.Struct, frozen=True):
    """One parameter; `keyword` ones are given by name only."""

    name: str
    kind: ParamKind
    required: bool = True
    keyword: bool = False


class Function(msgspec.Struct, frozen=True):
    """One function. `kinds` are the kinds its expression arguments must have, in order;
    `result` "any" means it follows the arguments; `repeats` lets the first parameter repeat;
    `scope` says whether it may stand where rules read profiles, events, or both."""

    name: str
    shape: Shape
    params: tuple[Param, ...]
    result: Kind
    help: str
    kinds: tuple[tuple[Kind, ...], ...] = ()
    repeats: bool = False
    scope: OneOf["any", "profile", "event", "inner"] = "any"


_E = Param("events", "events")
_X = Param("x", "value")
_BY = Param("by", "value", keyword=True)
_X_EXPR = Param("x", "expression")
_Y_EXPR = Param("y", "expression")
_N = Param("n", "whole")
_TIME = Param("x", "moment")
_NAME = Param("name", "name")
_WHERE = Param("where", "condition", required=False, keyword=True)
_ZONE = Param("zone", "zone", required=False, keyword=True)
_WINDOW = (
    Param("within", "window", required=False, keyword=True),
    Param("before", "duration", required=False, keyword=True),
    Param("since", "moment", required=False, keyword=True),
    _ZONE,
)
_TEXT: tuple[Kind, ...] = ("text",)
_NUMBER: tuple[Kind, ...] = ("number",)
_SCALAR: tuple[Kind, ...] = ("text", "number", "boolean")


def _aggregate(name: str, result: Kind, help_: str, *extra: Param) -> Function:
    return Function(
        name, "aggregate", (_E, *extra, _WHERE, *_WINDOW), result, help_, scope="profile"
    )


def _call(
    name: str, result: Kind, help_: str, kinds: tuple[tuple[Kind, ...], ...], *params: Param
) -> Function:
    return Function(name, "call", params, result, help_, kinds)


def _clock(name: str, result: Kind, help_: str) -> Function:
    kinds: tuple[tuple[Kind, ...], ...] = (("timestamp", "text"),)
    return Function(name, "call", (_TIME,), result, help_, kinds, scope="profile")


_ROWS = (
    _aggregate("count", "number", "how many such events"),
    _aggregate("performed", "boolean", "at least one such event"),
    _aggregate("sum", "number", "sum of x over the events; 0 over none", _X),
    _aggregate("avg", "number", "mean of x over the events; null over none", _X),
    _aggregate("min", "any", "least x of the events; null over none", _X),
    _aggregate("max", "any", "greatest x of the events; null over none", _X),
    _aggregate("first", "any", "x of the earliest event that has one", _X),
    _aggregate("last", "any", "x of the latest event that has one", _X),
    _aggregate("first_time", "timestamp", "when the earliest event happened"),
    _aggregate("last_time", "timestamp", "when the latest event happened"),
    _aggregate("nth_time", "timestamp", "when the n-th event happened", _N),
    _aggregate("unique", "number", "how many different values x has over the events", _X),
    _aggregate("values", "list", "the different values of x, by first seen, at most 1,000", _X),
    _aggregate("most_frequent", "any", "the value of x with most events; null over none", _X),
    _aggregate("most_repeated", "number", "most events with one value of x; 0 over none", _BY),
    _aggregate("days_active", "number", "on how many calendar days there are such events"),
    Function("first_seen", "seen", (), "timestamp", "first event of any name", scope="profile"),
    Function("last_seen", "seen", (), "timestamp", "latest event of any name", scope="profile"),
    Function(
        "last_n", "last_n", (_E, _N, Param("holds", "condition"), _WHERE, *_WINDOW),
        "boolean", "the expression holds for each of the latest n events", scope="profile",
    ),
    Function(
        "matched", "matched",
        (
            Param("a", "events"), Param("b", "events"), Param("on", "path", keyword=True),
            Param("last", "whole", required=False, keyword=True), _WHERE, *_WINDOW,
        ),
        "number", "how many (of the latest) a have a b with the same property", scope="profile",
    ),
    Function(
        "missed", "missed",
        (
            Param("event", "events"), Param("after", "events", keyword=True),
            Param("within", "duration", keyword=True),
            Param("on", "path", required=False, keyword=True), _WHERE,
        ),
        "boolean", "no such event came within the time after the latest `after`",
        scope="profile",
    ),
    Function(
        "sequence", "sequence",
        (
            Param("steps", "events"), Param("within", "duration", required=False, keyword=True),
            Param("gap", "duration", required=False, keyword=True),
            Param("since", "moment", required=False, keyword=True),
        ),
        "boolean", "such events came one after another", repeats=True, scope="profile",
    ),
    Function(
        "score", "score",
        (
            Param("points", "points"),
            Param("half_life", "duration", required=False, keyword=True),
            Param("fade", "duration", required=False, keyword=True),
            Param("within", "duration", required=False, keyword=True),
            Param("floor", "number", required=False, keyword=True),
            Param("ceiling", "number", required=False, keyword=True),
        ),
        "number", "points of events, decaying", repeats=True, scope="profile",
    ),
    Function(
        "points", "points", (_E, Param("points", "value"), _WHERE),
        "number", "what one event adds to a score", scope="inner",
    ),
    Function(
        "step", "step", (_E, _WHERE), "any", "events with a filter of their own", scope="inner"
    ),
    Function("trait", "trait", (_NAME,), "any", "a trait of any name", scope="profile"),
    Function("property", "property", (_NAME,), "any", "a property of any name", scope="event"),
    Function(
        "audience", "audience", (_NAME,), "boolean", "is in another audience", scope="profile"
    ),
    Function("list", "list", (_NAME,), "list", "a list of the project, of any name"),
    Function("timestamp", "timestamp", (_NAME,), "timestamp", "a point in time"),
    Function("duration", "duration", (_NAME,), "duration", "a length of time"),
    _clock("elapsed", "duration", "time since a timestamp"),
    _clock("until", "duration", "time to a timestamp"),
    _clock("days_since", "number", "whole days since a timestamp"),
    Function(
        "hour_of_day", "call", (_ZONE,), "number", "the hour it is, 0 to 23", scope="profile"
    ),
    Function(
        "day_of_week", "call", (_ZONE,), "number", "the day it is, 1 (Monday) to 7",
        scope="profile",
    ),
    _call(
        "contains", "boolean", "text contains text, or list contains value",
        (("text", "list"), _SCALAR), _X_EXPR, _Y_EXPR,
    ),
    _call("startswith", "boolean", "text starts with text", (_TEXT, _TEXT), _X_EXPR, _Y_EXPR),
    _call("endswith", "boolean", "text ends with text", (_TEXT, _TEXT), _X_EXPR, _Y_EXPR),
    _call(
        "matches", "boolean", "text has a part matching the RE2 pattern",
        (_TEXT, _TEXT), _X_EXPR, Param("pattern", "pattern"),
    ),
    _call("lower", "text", "text in lower case", (_TEXT,), _X_EXPR),
    _call("upper", "text", "text in upper case", (_TEXT,), _X_EXPR),
    _call("len", "number", "length of a text or list", (("text", "list"),), _X_EXPR),
    _call("abs", "number", "number without its sign", (_NUMBER,), _X_EXPR),
    _call(
        "round", "number", "number rounded, half to even", (_NUMBER, _NUMBER),
        _X_EXPR, Param("digits", "number", required=False),
    ),
    _call("default", "any", "x, or y when x is null", (), _X_EXPR, _Y_EXPR),
    _call(
        "if_", "any", "a when the condition is true, else b", (("boolean",),),
        Param("condition", "expression"), Param("a", "expression"), Param("b", "expression"),
    ),
    _call(
        "version_at_least", "boolean", "text is a version not before the written one",
        (_TEXT, _TEXT), _X_EXPR, Param("least", "name"),
    ),
    Function(
        "bucket", "call", (Param("salt", "name"), _N), "number",
        "a number from 0 to n - 1 that stays the person's own", scope="profile",
    ),
    Function(
        "consented", "call", (Param("purpose", "name"),), "boolean",
        "the person's latest preference for the purpose is yes", scope="profile",
    ),
)  # fmt: skip

FUNCTIONS: dict[str, Function] = {row.name: row for row in _ROWS}
CLOCK_FUNCTIONS = frozenset({"elapsed", "until", "days_since"})
