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

# Identifiers that protection kept out of people, remembered to be shown; the oldest go first.
DROPS_KEPT_MAX = 100_000

# Milliseconds of receive time within which a messageId counts once; a generation of ids is
# forgotten one whole horizon after it ended.
DEDUPE_HORIZON_MS = 86_400_000

# Messages whose ids gather before a chunk of them is written; at a restart at most this many are
# read back from the log instead.
SEEN_CHUNK = 20_000

# Wakes of others that a live entry fires before its own events: more than are due at once but
# at a midnight, and few enough to be done in a millisecond.
WAKES_PER_ENTRY_MAX = 100

# As many times as nothing ever fires: so all wakes fire that are due.
EVERY_WAKE = 2**62

# Pages of 4 KiB in the write-ahead log before SQLite moves them into state.db: fewer, larger
# moves rewrite hot pages less often.
WAL_PAGES = 8_000

# Bytes of state.db that SQLite may keep in memory.
CACHE_BYTES = 64 << 20

# People whose two states are compared at a time when a plan takes the place of another; bounds
# memory at some 20 MB.
EXCHANGE_PEOPLE = 10_000
