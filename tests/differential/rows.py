"""Histories as rows of the relation that all SQL is written against."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from tests.laws.facts import Timed

COLUMNS = (
    ("profile", "BIGINT"), ("time_ms", "BIGINT"), ("known_ms", "BIGINT"), ("message_id", "TEXT"),
    ("type", "TEXT"), ("name", "TEXT"), ("user_id", "TEXT"), ("group_id", "TEXT"),
    ("properties", "TEXT"), ("context", "TEXT"), ("traits", "TEXT"),
)  # fmt: skip

Row = tuple[Any, ...]


def rows_of(people: Sequence[Iterable[Timed]]) -> list[Row]:
    """A row per event; people are numbered from 1."""
    return [
        (
            number, event.time_ms, now_ms, event.message_id, event.type, event.name,
            event.user_id, event.group_id, _json(event.properties), _json(event.context),
            _json(event.traits),
        )
        for number, arrivals in enumerate(people, 1)
        for now_ms, event in arrivals
    ]  # fmt: skip


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
