"""Bounds of users' SQL, with unit and reason."""

from __future__ import annotations

# Bytes of memory that a statement may use; beyond them it spills to disk, or fails.
STATEMENT_MEMORY_BYTES = 512 << 20

# Bytes on disk that a statement may spill: a mistake must not fill the disk of the log.
STATEMENT_SPILL_BYTES = 4 << 30

# Seconds after which a statement is stopped: history waits for it meanwhile.
STATEMENT_SECONDS = 60.0

# People in one entry of the log: bounds what the engine takes in at once.
LISTING_PEOPLE_MAX = 10_000

# People that a result may name: more than this is a mistake, not an audience.
RESULT_PEOPLE_MAX = 20_000_000
