"""Parameters that many routes share, each with what it means and an example."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from ebbline.console.api.limits import ID_MAX, ROWS_MAX

User = Annotated[
    str,
    Query(
        description="Any identifier of the person, if need be with its type",
        min_length=1, max_length=1_000, examples=["email:ana@example.com"],
    ),
]  # fmt: skip
At = Annotated[
    str | None,
    Query(
        description="As of this instant: in the past as it was known then, in the future if"
        " nothing else happens; else now",
        max_length=100, examples=["2026-05-01T12:00:00Z"],
    ),
]  # fmt: skip
Audience = Annotated[
    str, Path(description="An audience's name", min_length=1, max_length=200, examples=["vip"])
]
AudienceAsked = Annotated[
    str, Query(description="An audience's name", min_length=1, max_length=200, examples=["vip"])
]
Effective = Annotated[
    bool, Query(description="Leave out people for whom a priority group suppresses it")
]
Limit = Annotated[int, Query(description="At most so many", ge=1, le=ROWS_MAX, examples=[100])]
Number = Annotated[int, Path(description="Its number", ge=0, le=ID_MAX, examples=[1])]
Before = Annotated[
    int | None,
    Query(description="Those older than this number", ge=0, le=ID_MAX, examples=[41]),
]
Destination = Annotated[
    str,
    Path(description="A destination's name", min_length=1, max_length=200, examples=["braze"]),
]
DestinationAsked = Annotated[
    str | None, Query(description="Only of this destination", max_length=200, examples=["braze"])
]
Word = Annotated[str | None, Query(max_length=200, description="Only those with exactly this")]
