"""Which messageIds have counted: two generations of one horizon each, by receive time.

An id is remembered for at least one horizon and at most two. Chunks are written now and then;
`offset` says up to which log entry, so that a restart reads the rest from the log.
"""

from __future__ import annotations

import msgspec

from ebbline.hosts.embedded.state.limits import DEDUPE_HORIZON_MS, SEEN_CHUNK
from ebbline.hosts.embedded.state.store import StateStore


class Seen:
    """The ids of the present generation and the one before."""

    def __init__(self, store: StateStore, now_ms: int) -> None:
        self._store = store
        self.generation = now_ms // DEDUPE_HORIZON_MS
        self._now: set[str] = set()
        self._before: set[str] = set()
        self._unwritten: list[str] = []
        self._chunks: list[tuple[int, list[str]]] = []  # of generations that ended
        for generation, chunk in store.seen(self.generation - 1):
            ids = msgspec.msgpack.decode(chunk, type=list[str])
            (self._now if generation == self.generation else self._before).update(ids)

    def add(self, message_id: str, received_ms: int) -> bool:
        """Remember an id; False when it has counted before."""
        generation = received_ms // DEDUPE_HORIZON_MS
        if generation > self.generation:
            self._turn(generation)
        if message_id in self._now or message_id in self._before:
            return False
        self._now.add(message_id)
        self._unwritten.append(message_id)
        return True

    def flush(self, *, everything: bool = False) -> bool:
        """Write what has gathered, if it is a chunk's worth, inside the caller's transaction;
        True when nothing is left unwritten."""
        if self._chunks or len(self._unwritten) >= SEEN_CHUNK or everything:
            for generation, ids in (*self._chunks, (self.generation, self._unwritten)):
                if ids:
                    self._store.add_seen(generation, msgspec.msgpack.encode(ids))
            self._store.drop_seen(self.generation - 1)
            self._chunks, self._unwritten = [], []
        return not self._unwritten

    def _turn(self, generation: int) -> None:
        self._chunks.append((self.generation, self._unwritten))
        self._unwritten = []
        self._before = self._now if generation == self.generation + 1 else set()
        self._now = set()
        self.generation = generation
