"""Bounds of the state host, with unit and reason."""

from __future__ import annotations

# Bytes that a decoded person takes, identifiers and place in the cache included: `tracemalloc`
# said 3.6 kB under 100 audiences (3.1 kB under 10) with nine events a person, and memory that is
# taken and given back all the time is not packed without gaps.
PERSON_BYTES = 4_000

# Bytes that an identifier takes whose owner is remembered: its text and its place.
OWNER_BYTES = 200

# Such identifiers for each person in memory: what a shop's people have, or a little more.
OWNERS_PER_PERSON = 2.5

# People and owners are each kept in so many generations; one is dropped when the other is full.
GENERATIONS = 2

# People (or owners) of a generation that was dropped who leave memory for each that comes: more
# than one, so that all have left before the next generation is full; each takes ten microseconds.
LEAVING_PER_KEPT = 2

# Identifiers that protection kept out of people, remembered to be shown; the oldest go first.
DROPS_KEPT_MAX = 100_000

# Milliseconds of receive time within which a messageId counts once; a generation of ids is
# forgotten one whole horizon after it ended.
DEDUPE_HORIZON_MS = 86_400_000

# Messages whose ids gather before a chunk of them is written; at a restart at most this many are
# read back from the log instead.
SEEN_CHUNK = 20_000

# Buckets of messageIds by the first bits of their digests. What a bucket has on disk is read to
# tell a new id from a known one where its filter cannot: some six pages of 4 KiB after a day of
# 1,000 events a second.
SEEN_BUCKETS = 1 << 16

# MessageIds of both generations that are only in memory and in chunks: beyond these, the buckets
# are written one after another, each as a lot of some eight ids. 16 bytes each and a bucket's
# 50: 8 MB. A restart reads twice as many at the most.
SEEN_HELD_MAX = 1 << 18

# Bytes of a bucket's filter for one generation: 48 MiB for all buckets, so 96 MiB for the two
# generations, and only where lots were written. After a day of 1,000 events a second 4.7 bits
# an id, by which one new id in eight is looked up on disk in vain.
SEEN_FILTER_BYTES = 768

# Times that the hand comes to a bucket between two writings of its filter: a restart reads the
# filter and at most so many lots.
SEEN_LOTS_PER_FILTER = 16

# Buckets of a forgotten generation that are dropped with a commit, and one more for every so
# many that it writes: some milliseconds at most, and gone within a day.
SEEN_BUCKETS_DROPPED = 2
SEEN_WRITTEN_PER_DROPPED = 4

# Wakes of others that a live entry fires before its own events: more than are due at once but
# at a midnight, and few enough to be done in a millisecond.
WAKES_PER_ENTRY_MAX = 100

# Milliseconds that a portion of wakes should take with its commit while many are due at once:
# about as long as live events then wait. The next portion is the larger or smaller for it.
PORTION_MS = 10

# Wakes (of people) in the smallest portion: with fewer, most of the time would go into commits.
WAKES_PER_TICK_MIN = 100

# As many times as nothing ever fires: so all wakes fire that are due.
EVERY_WAKE = 2**62

# Pages of 4 KiB in the write-ahead log before they are moved into state.db: fewer, larger moves
# rewrite hot pages less often.
WAL_PAGES = 8_000

# Pages in it at which the engine waits until they have been moved (128 MiB): bounds the disk
# where commits are faster than it.
WAL_PAGES_MAX = 32_000

# Bytes of state.db that SQLite may keep in memory.
CACHE_BYTES = 64 << 20

# People whose two states are compared at a time when a plan takes the place of another; bounds
# memory at some 20 MB.
EXCHANGE_PEOPLE = 10_000
