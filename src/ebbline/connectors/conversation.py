"""Several requests that belong together, as a generator: it gives requests and is sent results.

A connector opens no socket, so it cannot wait for an answer; who runs the conversation makes
each request, at the destination's pace, and sends its result in. It ends with a value, or with
a `Refusal` that says what the destination minds.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, TypeVar

import msgspec

from ebbline.connectors.request import Request, Result
from ebbline.delivery import Address, Feed
from ebbline.delivery.send import Verdict

T = TypeVar("T")


class Refusal(msgspec.Struct, frozen=True):
    """Why a conversation came to nothing, in the words of an outcome. A misconfiguration names
    what is missing: the permission, the list, the field. `retry_at_ms` is when the destination
    wants to be asked again, if it said so."""

    verdict: Verdict
    reason: str
    retry_at_ms: int | None = None


class Session(msgspec.Struct, frozen=True):
    """Leave to make requests for a while; `lives_ms` from the moment it was asked for."""

    token: str
    lives_ms: int


class Asked(msgspec.Struct, frozen=True):
    """Somebody whose values are to be read back, and which."""

    address: Address
    handle: str
    feeds: tuple[Feed, ...]


class Found(msgspec.Struct, frozen=True):
    """What a destination holds of somebody, in our words: a membership as a boolean, a number
    as a number, null where it holds nothing. A field it did not tell of is not in `values`.
    None in place of a `Found` says that it knows no such person."""

    values: dict[str, Any]
    handle: str = ""


Conversation = Generator[Request, Result, T | Refusal]
Readback = Conversation[tuple[Found | None, ...]]
Members = Conversation[Sequence[Address]]


def immediately(value: T) -> Conversation[T]:
    """A conversation in which nothing needs to be said."""
    return value
    yield  # pragma: no cover - makes this a generator
