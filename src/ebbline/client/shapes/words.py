"""Kinds of values that many shapes share, with an example for the documentation."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

Instant = Annotated[
    str,
    Meta(
        description="An instant in UTC, ISO 8601 with milliseconds",
        examples=["2026-05-01T12:00:00.000Z"],
    ),
]
Person = Annotated[
    str,
    Meta(
        description="Any identifier of a person, if need be with its type",
        min_length=1,
        max_length=1_000,
        examples=["email:ana@example.com"],
    ),
]
Name = Annotated[str, Meta(min_length=1, max_length=200, examples=["vip"])]
Reason = Annotated[str, Meta(max_length=1_000, examples=["ticket 4711"])]
Fields = Annotated[dict[str, Any], Meta(examples=[{}])]
