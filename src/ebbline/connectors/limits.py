"""Bounds that hold for every connector, with unit and reason."""

from __future__ import annotations

# Characters of a vendor's own words kept as a reason; more helps nobody and fills the store.
REASON_CHARACTERS_MAX = 300

# Requests a sandbox remembers; enough to read a demo back, bounded for one that runs for days.
SANDBOX_REQUESTS_MAX = 10_000

# Bytes of a request body a sandbox reads before it answers 413, as vendors do.
SANDBOX_BODY_BYTES_MAX = 4 << 20

# Message ids a webhook sandbox remembers to tell repeats, as receivers are advised to.
SANDBOX_MESSAGES_MAX = 100_000

# Seconds a webhook's timestamp may be off before a receiver refuses it (Standard Webhooks).
TIMESTAMP_TOLERANCE_SECONDS = 300

# Seconds a setting may fence a person for after a request whose fate is unknown.
FENCE_SECONDS_MAX = 3_600
