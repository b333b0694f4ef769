"""Failures on request: what goes wrong, and how often.

Chance comes from a seed and a counter, so the same seed fails the same requests again.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal

import msgspec

_UNIT = 2.0**-64


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """One way to fail.

    status: answer with it instead of doing the work (`applied` does it all the same), with
    `headers`. delay_ms: wait before anything else. drop: end the connection before or after
    the work. timeout: say nothing for `hold_ms`; the work is done after `late_ms`, or never.
    It hits the next `next` requests, or each with `probability` drawn from `seed`.
    """

    status: Annotated[int, msgspec.Meta(ge=200, le=599)] | None = None
    applied: bool = False
    headers: dict[str, str] = {}
    message: str = "The sandbox was told to fail."
    delay_ms: Annotated[int, msgspec.Meta(ge=0)] = 0
    drop: Literal["before", "after"] | None = None
    timeout: bool = False
    late_ms: Annotated[int, msgspec.Meta(ge=0)] | None = None
    hold_ms: Annotated[int, msgspec.Meta(ge=0)] = 120_000
    next: Annotated[int, msgspec.Meta(ge=0)] = 0
    probability: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    seed: int = 0
    drawn: int = 0

    def strikes(self) -> bool:
        """Whether this request is hit."""
        if self.next > 0:
            self.next -= 1
            return True
        if self.probability <= 0:
            return False
        self.drawn += 1
        digest = hashlib.sha256(f"{self.seed}:{self.drawn}".encode()).digest()
        return int.from_bytes(digest[:8], "big") * _UNIT < self.probability


class Faults:
    """The faults a sandbox was told; the first that strikes is the one."""

    def __init__(self) -> None:
        self.active: list[Fault] = []

    def tell(self, body: bytes) -> str:
        """Take in one fault, or a list that replaces all; a sentence when it makes no sense."""
        try:
            told: Any = msgspec.json.decode(body)
            if isinstance(told, list):
                self.active = msgspec.convert(told, list[Fault])
            else:
                self.active.append(msgspec.convert(told, Fault))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return str(error)
        return ""

    def draw(self) -> Fault | None:
        """What hits the present request."""
        for fault in self.active:
            if fault.strikes():
                return fault
        return None
