"""Bounds of the state host, with unit and reason."""

from __future__ import annotations

# People kept decoded in each of the two cache generations: about 2 kB each.
PEOPLE_CACHED_MAX = 200_000

# Identifiers whose owner is remembered without asking the store, per cache generation.
OWNERS_CACHED_MAX = 500_000

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
