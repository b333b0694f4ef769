"""How a build stands, in a small file that the builder writes and anybody reads."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec.structs import replace

from ebbline.hosts.embedded.folder import DataFolder

State = Literal["building", "ready", "failed"]


class Progress(msgspec.Struct, frozen=True):
    """One build. Offsets are log entries; events are counted from the log's beginning.

    `begun_events` and `begun_ms` are where and when the present start of the builder went on,
    by which the remaining time is reckoned. `starts` counts starts from the same place.
    """

    version: int
    state: State
    offset: int = 0
    head: int = 0
    events: int = 0
    events_all: int = 0
    started_ms: int = 0
    begun_ms: int = 0
    begun_events: int = 0
    updated_ms: int = 0
    starts: int = 0
    error: str = ""

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1."""
        return 1.0 if not self.events_all else min(1.0, self.events / self.events_all)

    def left_ms(self) -> int | None:
        """How long it will take from `updated_ms` on, None while nobody can say."""
        took, done = self.updated_ms - self.begun_ms, self.events - self.begun_events
        if self.state != "building" or took <= 0 or done <= 0:
            return None
        return round((self.events_all - self.events) * took / done)

    def failed(self, why: str, now_ms: int) -> Progress:
        """The build came to nothing; the live version goes on."""
        return replace(self, state="failed", error=why, updated_ms=now_ms)


def read_progress(folder: DataFolder) -> Progress | None:
    """What the builder last wrote; None when there was no build."""
    try:
        return msgspec.json.decode(folder.build.read_bytes(), type=Progress)
    except (OSError, msgspec.DecodeError, msgspec.ValidationError):
        return None  # a file that cannot be read says nothing; the next write mends it


def write_progress(folder: DataFolder, progress: Progress) -> None:
    """Write it; a reader never sees half of it."""
    draft = folder.build.with_suffix(".new")
    draft.write_bytes(msgspec.json.encode(progress))
    draft.replace(folder.build)
