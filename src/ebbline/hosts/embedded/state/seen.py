"""Which messageIds have counted: two generations of one horizon each, by receive time.

An id is remembered for at least one horizon and at most two, as a salted digest of 128 bits.
The newest are in memory and, in order of arrival, in chunks on disk; `seen_offset` says up to
which log entry, so that a restart reads the rest from the log. Beyond a bound a hand goes round
the buckets and moves what each holds to disk as a lot; a Bloom filter for each bucket says for
most new ids that they are in none.
"""

from __future__ import annotations

from hashlib import blake2b
from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap

from ebbline.hosts.embedded.state.limits import (
    DEDUPE_HORIZON_MS,
    SEEN_BUCKETS_DROPPED,
    SEEN_WRITTEN_PER_DROPPED,
)
from ebbline.hosts.embedded.state.seen_rows import Lot, SeenRows, Sizes
from ebbline.hosts.embedded.state.store import StateStore

DIGEST_BYTES = 16


class Generation:
    """The ids that were received in one horizon: in memory by bucket, and on disk."""

    def __init__(self, number: int, sizes: Sizes, rows: SeenRows, *, stored: bool) -> None:
        """`stored` says that there may be lots on disk."""
        self.number = number
        self.count = 0  # ids in memory
        self.held = [b""] * sizes.buckets  # digests one after another
        self.stored = False
        self._sizes = sizes
        self._rows = rows
        self._width = sizes.filter_bytes
        self._bits = _zeros(1)
        self._known = bytearray()  # for each bucket, whether its filter is whole
        if stored:
            self._store(0)

    def hold(self, bucket: int, digest: bytes) -> None:
        """Remember an id in memory."""
        self.held[bucket] += digest
        self.count += 1

    def has_stored(self, bucket: int, digest: bytes) -> bool:
        """Whether an id of a bucket is on disk."""
        if not self._known[bucket]:
            self._learn(bucket)
        bits, width, place = self._bits, self._width, bucket * self._width
        one, other = _places(digest, 0, width)
        if not bits[place + (one >> 3)] >> (one & 7) & 1:
            return False
        if not bits[place + (other >> 3)] >> (other & 7) & 1:
            return False
        return any(_is_in(digest, lot) for lot in self._rows.lots(self.number, bucket))

    def let_go(self, bucket: int, hand: int, lots: list[Lot], filters: list[Lot]) -> None:
        """Give a bucket's ids to `lots`, and at times its filter to `filters`."""
        digests = self.held[bucket]
        if not digests:
            return
        if not self.stored:
            self._store(1)
        lots.append((self.number, bucket, hand, digests))
        self.held[bucket] = b""
        self.count -= len(digests) // DIGEST_BYTES
        if not self._known[bucket]:
            return
        self._cover(bucket, digests)
        if (hand // self._sizes.buckets + bucket) % self._sizes.lots_per_filter == 0:
            start = bucket * self._width
            bits = self._bits[start : start + self._width]
            filters.append((self.number, bucket, hand, bits))

    def in_memory(self) -> int:
        """Bytes of digests and filters."""
        return self.count * DIGEST_BYTES + len(self._bits) + len(self._known)

    def _store(self, known: int) -> None:
        """There are lots from now on; `known` is 1 when there were none before."""
        self.stored = True
        self._bits = _zeros(self._sizes.buckets * self._width)
        self._known = bytearray([known]) * self._sizes.buckets

    def _learn(self, bucket: int) -> None:
        """Make a bucket's filter of what is on disk."""
        hand, bits = self._rows.filter(self.number, bucket)
        if len(bits) == self._width:
            self._bits[bucket * self._width : (bucket + 1) * self._width] = bits
        else:
            hand = -1
        for lot in self._rows.lots(self.number, bucket, hand):
            self._cover(bucket, lot)
        self._known[bucket] = 1

    def _cover(self, bucket: int, digests: bytes) -> None:
        """Let the filter say of some ids that they may be on disk."""
        bits, width, place = self._bits, self._width, bucket * self._width
        for start in range(0, len(digests), DIGEST_BYTES):
            one, other = _places(digests, start, width)
            bits[place + (one >> 3)] |= 1 << (one & 7)
            bits[place + (other >> 3)] |= 1 << (other & 7)


class Seen:
    """The ids of the present generation and the one before."""

    def __init__(self, store: StateStore, *, sizes: Sizes | None = None) -> None:
        """Go on from what is written. The generation is that of the last id that was written,
        whatever the time is now: what follows in the log turns it again where it did before."""
        self._sizes = sizes = sizes or Sizes()
        self._rows = rows = store.seen_rows()
        self._mask = sizes.buckets - 1
        self._hasher = blake2b(digest_size=DIGEST_BYTES, salt=rows.salt())
        self._hand = rows.hand()
        self._last_stored = rows.last_stored()
        self.generation = rows.generation()
        self._now = self._begin(self.generation)
        self._before = self._begin(self.generation - 1)
        self._unwritten = bytearray()
        self._chunks: list[tuple[int, bytes]] = []  # of generations that ended
        self._dropping = True
        for generation, hand, digests in rows.chunks(self.generation - 1):
            self._load(generation, hand, digests)
        if rows.has_old():
            self._take_over(store)

    def add(self, message_id: str, received_ms: int) -> bool:
        """Remember an id; False when it has counted before."""
        generation = received_ms // DEDUPE_HORIZON_MS
        if generation > self.generation:
            self._turn(generation)
        hasher = self._hasher.copy()
        hasher.update(message_id.encode())
        digest = hasher.digest()
        bucket = (digest[0] << 8 | digest[1]) & self._mask
        now, before = self._now, self._before
        held, earlier = now.held[bucket], before.held[bucket]
        if digest in held and _is_in(digest, held):
            return False
        if digest in earlier and _is_in(digest, earlier):
            return False
        if now.stored and now.has_stored(bucket, digest):
            return False
        if before.stored and before.has_stored(bucket, digest):
            return False
        now.held[bucket] = held + digest
        now.count += 1
        self._unwritten += digest
        return True

    def flush(self, *, everything: bool = False) -> bool:
        """Write what has gathered, if it is a chunk's worth, inside the caller's transaction;
        True when nothing is left unwritten. What memory should not hold any more goes to disk
        in any case."""
        chunk_bytes = self._sizes.chunk * DIGEST_BYTES
        if self._chunks or len(self._unwritten) >= chunk_bytes or everything:
            for generation, digests in self._chunks:
                if digests:
                    self._rows.add_chunk(generation, self._hand, digests)
            self._rows.add_chunk(self.generation, self._hand, bytes(self._unwritten))
            self._chunks, self._unwritten = [], bytearray()
            self._rows.drop_chunks(self.generation - 1, self._hand - self._sizes.buckets)
        written = self._let_go()
        if self._dropping:
            buckets = SEEN_BUCKETS_DROPPED + written // SEEN_WRITTEN_PER_DROPPED
            self._dropping = self._rows.drop_lots(self.generation - 1, buckets)
        return not self._unwritten

    def held(self) -> int:
        """Ids in memory."""
        return self._now.count + self._before.count

    def in_memory(self) -> int:
        """Bytes of digests and filters in memory, without Python's own."""
        return self._now.in_memory() + self._before.in_memory() + len(self._unwritten)

    def _let_go(self) -> int:
        """Let the hand go on until memory holds no more than it should; the lots written."""
        lots: list[Lot] = []
        filters: list[Lot] = []
        while self.held() > self._sizes.held:
            bucket = self._hand & self._mask
            for generation in (self._before, self._now):
                generation.let_go(bucket, self._hand, lots, filters)
            self._hand += 1
        if lots:
            self._rows.put(self._hand, lots, filters)
        return len(lots)

    def _turn(self, generation: int) -> None:
        self._chunks.append((self.generation, bytes(self._unwritten)))
        self._unwritten = bytearray()
        follows = generation == self.generation + 1
        self._before = self._now if follows else self._begin(generation - 1)
        self._now = self._begin(generation)
        self.generation = generation
        self._dropping = True

    def _begin(self, number: int) -> Generation:
        """Nothing of it in memory; read anew from the log, it may be on disk already."""
        stored = number <= self._last_stored
        return Generation(number, self._sizes, self._rows, stored=stored)

    def _load(self, generation: int, hand: int, digests: bytes) -> None:
        """Hold what a chunk has and the hand has not passed since."""
        passed = self._hand - hand
        if passed > self._mask:
            return
        into = self._now if generation == self.generation else self._before
        for start in range(0, len(digests), DIGEST_BYTES):
            digest = digests[start : start + DIGEST_BYTES]
            bucket = (digest[0] << 8 | digest[1]) & self._mask
            if (bucket - hand) & self._mask >= passed:
                into.hold(bucket, digest)

    def _take_over(self, store: StateStore) -> None:
        """Bring the ids of an older Ebbline's file into this form, in one transaction."""
        store.begin()
        for generation, ids in self._rows.old():
            for each in ids:
                self.add(each, generation * DEDUPE_HORIZON_MS)
            self.flush(everything=True)
        self._rows.drop_old()
        store.commit()


def _zeros(size: int) -> mmap:
    """Bytes that take no memory until somebody touches their page."""
    return mmap(-1, size, flags=MAP_PRIVATE | MAP_ANONYMOUS)


def _places(digests: bytes, start: int, width: int) -> tuple[int, int]:
    """The two bits of a filter of `width` bytes that an id sets. Its first two bytes say its
    bucket, the next four these."""
    bits = width * 8
    one = digests[start + 2] << 8 | digests[start + 3]
    other = digests[start + 4] << 8 | digests[start + 5]
    return one * bits >> 16, other * bits >> 16


def _is_in(digest: bytes, digests: bytes) -> bool:
    """Whether a digest is among those that stand one after another."""
    found = digests.find(digest)
    while found >= 0 and found % DIGEST_BYTES:
        found = digests.find(digest, found + 1)
    return found >= 0
