"""What every route of the API works with, and who is asking."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from ebbline.client.shapes.people import AudienceHeld
from ebbline.client.shapes.people import Memberships as MembershipsShown
from ebbline.console.api.limits import FOLLOWERS_MAX, HEAVY_AT_ONCE, HEAVY_RETRY_SECONDS
from ebbline.console.api.problems import Trip
from ebbline.console.api.shaping import encode, iso
from ebbline.hosts.embedded.access import AccessStore, Buckets, Key
from ebbline.hosts.embedded.clock import Clock
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.reading.memberships import Memberships, Standing
from ebbline.hosts.embedded.reading.reader import Reader
from ebbline.hosts.embedded.reading.readers import KeptReader, Readers
from ebbline.hosts.embedded.reading.records import Count


class Context:
    """One data folder, open for the API."""

    def __init__(self, path: Path, clock: Clock, project: Path | None = None) -> None:
        """`project` is the folder that the system was started with, if any."""
        self.folder = DataFolder(path.absolute())
        self.project = project
        self.clock = clock
        self.access = AccessStore(self.folder.path)
        self.buckets = Buckets()
        self.memberships = Memberships(self.folder.state, _standings)
        self.followers = threading.BoundedSemaphore(FOLLOWERS_MAX)
        self._readers = Readers(self.folder.path, clock)
        self._counts: tuple[tuple[bytes | None, int], tuple[Count, ...]] | None = None
        self._heavy = threading.BoundedSemaphore(HEAVY_AT_ONCE)

    def close(self) -> None:
        """Let go of all files."""
        self._readers.close()
        self.memberships.close()
        self.access.close()

    @contextmanager
    def reader(self) -> Iterator[KeptReader]:
        """The folder at this moment, for a block."""
        with self._readers.reader() as reader:
            yield reader

    def counts(self, reader: KeptReader) -> tuple[Count, ...]:
        """Every audience with its people; counted anew once the ledger has gone on, as nobody
        enters or leaves without a word in it."""
        at = reader.definitions_and_end()
        known = self._counts
        if known is None or known[0] != at:
            # Counted after the look: what is kept is as new as what it is kept for, or newer.
            known = self._counts = (at, reader.counts())
        return known[1]

    @contextmanager
    def heavy(self) -> Iterator[None]:
        """Room for work that reads much; a Trip when there is none."""
        if not self._heavy.acquire(blocking=False):
            raise Trip(
                "busy", "Others are having much worked out; come again in a moment.",
                retry_seconds=HEAVY_RETRY_SECONDS,
            )  # fmt: skip
        try:
            yield
        finally:
            self._heavy.release()

    @contextmanager
    def looking(self, at_ms: int | None) -> Iterator[tuple[Reader, int]]:
        """A reader and the instant its answers are about: now, or one in the past as it was
        known then (which folds the log), or one in the future if nothing else happens."""
        from ebbline.hosts.embedded.reading import at_instant  # noqa: PLC0415 - seldom asked

        with self.reader() as reader:
            if at_ms is None:
                yield reader, reader.now_ms()
                return
            with self.heavy(), at_instant(reader, at_ms) as then:
                yield then, at_ms


def _standings(profile: int, standings: list[Standing]) -> bytes:
    held = [
        AudienceHeld(audience=each.audience, since=iso(each.since_ms), effective=each.effective)
        for each in standings
    ]
    return encode(MembershipsShown(profile=profile, audiences=held))


def _context(request: Request) -> Context:
    found: Context = request.app.state.context
    return found


def _caller(request: Request) -> Key:
    found: Key = request.scope["ebbline.key"]
    return found


Api = Annotated[Context, Depends(_context)]
Caller = Annotated[Key, Depends(_caller)]
