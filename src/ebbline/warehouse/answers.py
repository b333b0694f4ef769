"""The rows of a query as plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from ebbline.warehouse.query import Query


class Answer(msgspec.Struct, frozen=True):
    """What a query says of one person."""

    profile: int
    traits: dict[str, Any]
    raw: dict[str, bool]
    effective: dict[str, bool]


def answers(query: Query, rows: Iterable[Sequence[Any]]) -> Iterator[Answer]:
    """Each row of a query's result, values in the order of its columns."""
    for row in rows:
        values = iter(row)
        profile = int(next(values))
        traits = {
            trait.name: _value({kind: next(values) for kind in trait.columns})
            for trait in query.traits
        }
        raw, effective = {}, {}
        for audience in query.audiences:
            raw[audience.name] = bool(next(values))
            effective[audience.name] = bool(next(values))
        yield Answer(profile, traits, raw, effective)


def _value(by_kind: dict[str, Any]) -> Any:
    """The value among its kinds; a list comes as its JSON token, a boolean may come as 0 or 1."""
    for kind, value in by_kind.items():
        if value is not None:
            return _READ.get(kind, _as_it_is)(value)
    return None


def _as_it_is(value: Any) -> Any:
    return value


_READ: dict[str, Callable[[Any], Any]] = {"list": msgspec.json.decode, "boolean": bool}
