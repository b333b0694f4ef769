"""Bounds of the readers, with unit and reason."""

from __future__ import annotations

# Batches of the log kept decoded, to name the events that caused ledger entries: entries that
# are shown together mostly come from few batches.
BATCHES_KEPT_MAX = 64

# Entries of the ledger shown when nobody says how many.
LEDGER_ENTRIES_SHOWN = 50

# Events folded between two commits while the past is made anew: bounds memory.
PAST_COMMIT_EVENTS = 50_000

# Readers that stay open while nobody asks: as many requests as a small machine answers at once.
READERS_KEPT_MAX = 8

# Memberships kept encoded: people who are asked for again. About 500 bytes each.
MEMBERSHIPS_KEPT_MAX = 100_000

# Ledger entries looked at one by one after a commit; beyond them it is cheaper to forget all.
ENTRIES_FOLLOWED_MAX = 2_000

# Seconds between two looks for new events while somebody watches them, and at no other time: as
# often as a person can follow.
WATCH_SECONDS = 0.25

# Log entries read at a time for somebody who watches.
WATCH_ENTRIES = 64

# Log entries looked through for the latest events; a quiet filter ends here.
LATEST_ENTRIES_MAX = 2_000

# Events in them after which no further entries are looked through: about half a second of work.
LATEST_EVENTS_MAX = 50_000

# Bytes of state.db that are mapped into the api process, for reads without a system call each:
# the kernel's page cache itself, so no memory of our own. SQLite maps no more than this.
MAPPED_BYTES = 2 << 30
