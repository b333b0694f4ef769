"""The part of the rule language that needs no person: kinds, comparisons, arithmetic, functions.

Written from the language page alone; null is `None` everywhere.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

from tests.laws.facts import Span, Stamp

DAY_MS = 86_400_000


def kind(value: Any) -> str:
    """The kind of a value; what the language has no kind for (an object) is "null"."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    for type_, name in ((str, "text"), (Stamp, "timestamp"), (Span, "duration")):
        if isinstance(value, type_):
            return name
    return "list" if isinstance(value, (list, tuple)) else "null"


def same(left: Any, right: Any) -> bool:
    """Equal and of one kind; lists are equal item by item."""
    if kind(left) != kind(right):
        return False
    if kind(left) == "list":
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def within_list(item: Any, items: Any) -> bool | None:
    """Whether a scalar is one of the items; null unless given a scalar and a list."""
    if kind(items) != "list" or kind(item) in ("null", "list"):
        return None
    return any(same(item, other) for other in items)


def compare(op: str, left: Any, right: Any) -> bool | None:
    """One comparison in three-valued logic."""
    if left is None or right is None:
        return None
    if op in ("in", "not in"):
        found = within_list(left, right)
        return found if found is None or op == "in" else not found
    if kind(left) != kind(right) or kind(left) == "null":
        return None
    if op in ("==", "!="):
        return same(left, right) is (op == "==")
    if kind(left) in ("boolean", "list"):
        return None
    return bool(
        {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[op]
    )


def sign(left: Any, right: Any) -> int | None:
    """-1, 0 or 1 as left is below, at or above right; null where they have no order."""
    below = compare("<", left, right)
    if below is None:
        return None
    return -1 if below else int(left > right)


def arith(op: str, left: Any, right: Any) -> float | None:
    """Arithmetic on two numbers; null for anything else, division by zero, overflow."""
    if kind(left) != "number" or kind(right) != "number":
        return None
    if op in ("/", "%") and right == 0:
        return None
    try:
        result = {
            "+": lambda: left + right,
            "-": lambda: left - right,
            "*": lambda: left * right,
            "/": lambda: left / right,
            "%": lambda: left % right,
        }[op]()
    except OverflowError:
        return None
    return result if math.isfinite(result) else None


def stamp(value: Any) -> Stamp | None:
    """A timestamp from a timestamp or ISO-8601 text (no zone means UTC); otherwise null."""
    if isinstance(value, Stamp):
        return value
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    past = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return Stamp((past.days * 86_400 + past.seconds) * 1_000 + past.microseconds // 1_000)


def clock(name: str, value: Any, now_ms: int) -> Span | int | None:
    """`elapsed`, `until` and `days_since`."""
    moment = stamp(value)
    if moment is None:
        return None
    if name == "elapsed":
        return Span(now_ms - moment.ms)
    if name == "until":
        return Span(moment.ms - now_ms)
    return (now_ms - moment.ms) // DAY_MS


def call(name: str, args: list[Any]) -> Any:
    """Every plain function; a null operand, or one of the wrong kind, gives null."""
    if name == "default":
        return args[1] if args[0] is None else args[0]
    if name == "if_":
        return args[1] if args[0] is True else args[2]
    if any(arg is None for arg in args):
        return None
    kinds = [kind(arg) for arg in args]
    if name == "contains" and kinds[0] == "list":
        return within_list(args[1], args[0])
    if name == "len":
        return len(args[0]) if kinds[0] in ("text", "list") else None
    if name in ("abs", "round"):
        return _number_call(name, args) if set(kinds) == {"number"} else None
    return _text_call(name, args) if set(kinds) == {"text"} else None


def _number_call(name: str, args: list[Any]) -> Any:
    return abs(args[0]) if name == "abs" else round(*args)


def _text_call(name: str, args: list[Any]) -> Any:
    text = args[0]
    if name in ("lower", "upper"):
        return text.lower() if name == "lower" else text.upper()
    if name == "startswith":
        return text.startswith(args[1])
    if name == "endswith":
        return text.endswith(args[1])
    if name == "matches":
        return re.search(args[1], text) is not None
    if name == "version_at_least":
        found, least = version(text), version(args[1])
        return None if found is None or least is None else found >= least
    assert name == "contains", name
    return args[1] in text


def version(text: str) -> list[int] | None:
    """The four numbers of a version; null for any other text."""
    head = re.split("[-+]", text.removeprefix("v"), maxsplit=1)[0]
    parts = head.split(".")
    if len(parts) > 4 or not all(re.fullmatch("[0-9]{1,9}", part) for part in parts):
        return None
    return [*map(int, parts), 0, 0, 0, 0][:4]


def reach(source: Any, path: str) -> Any:
    """What a dotted path finds inside nested objects; null when any step is missing."""
    for step in path.split("."):
        if not isinstance(source, dict) or step not in source:
            return None
        source = source[step]
    return None if kind(source) == "null" else source
