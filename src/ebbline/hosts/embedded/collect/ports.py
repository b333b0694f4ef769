"""What collecting needs from the rest of the host, and the ways in which that can fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ebbline.errors import EbblineError
from ebbline.hosts.embedded.collect import limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ebbline.events.event import Event, Rejection


class NotStored(EbblineError):
    """Nothing of the append is durable; the sender keeps its events and tries again."""

    code = "not_stored"
    status = 503
    retry_after_s = limits.DISK_RETRY_SECONDS


class Overloaded(NotStored):
    """More is waiting than may wait; the sender slows down."""

    code = "overloaded"
    status = 429
    retry_after_s = limits.OVERLOAD_RETRY_SECONDS


class DiskFull(NotStored):
    """The log's disk has no room; a person makes some."""

    code = "disk_full"


class Appender(Protocol):
    """Where the app puts what it read."""

    async def append(
        self, events: Sequence[Event], rejections: Sequence[Rejection], size_bytes: int
    ) -> None:
        """Returns once all of it is durable; raises `NotStored` when none of it is.

        `size_bytes` is the body it came from, for bounding what waits.
        """

    def has_room(self) -> bool:
        """Whether it would let in more just now: what it would not is not worth reading."""


class LogWriter(Protocol):
    """One blocking, atomic, durable write; called from one thread at a time."""

    def write(self, events: list[Event], rejections: list[Rejection]) -> None:
        """Commits all or raises: `DiskFull`, an `OSError`, or whatever the store raises."""
