"""Bounds of the readers, with unit and reason."""

from __future__ import annotations

# Batches of the log kept decoded, to name the events that caused ledger entries: entries that
# are shown together mostly come from few batches.
BATCHES_KEPT_MAX = 64

# Entries of the ledger shown when nobody says how many.
LEDGER_ENTRIES_SHOWN = 50

# Events folded between two commits while the past is made anew: bounds memory.
PAST_COMMIT_EVENTS = 50_000
