"""The limits of the management API, each with its unit and its reason."""

from __future__ import annotations

# Bytes of a request's body: a project with all its files, many times over.
BODY_BYTES_MAX = 4 << 20

# Rows of a page when nobody says how many, and at most: a page is made in memory.
ROWS_SHOWN = 100
ROWS_MAX = 1_000

# Events of a timeline page at most; each may be some kilobytes.
EVENTS_MAX = 500

# Rows between two looks at the connection while members are streamed; bounds memory.
STREAM_ROWS = 1_000

# Requests at once that read much of the history or fold it; others are asked to come again.
HEAVY_AT_ONCE = 2

# Seconds after which one that found no room is asked to come again.
HEAVY_RETRY_SECONDS = 5

# Seconds that live events are followed when nobody says, and at most: a client connects again
# by itself, and a forgotten one ends.
FOLLOW_SECONDS = 300
FOLLOW_SECONDS_MAX = 3_600

# Live connections at once: each keeps the log open.
FOLLOWERS_MAX = 50

# Milliseconds to wait for the engine to come to a command; it takes some.
OUTCOME_WAIT_MS = 2_000

# Milliseconds of the clock that an instant may be asked for: the years 1970 to 2262, in which
# sums of two instants stay whole numbers of 64 bits.
INSTANT_MS_MAX = 9_223_372_036_000

# Greatest number that names something: SQLite's integers have 64 bits, of which ids use 63.
ID_MAX = (1 << 63) - 1

# Units that a request takes of its key's bucket, beside a membership's one (see access/limits).
UNITS_READ = 10
UNITS_HEAVY = 500
"""Requests that fold or query much of the history."""

# Characters of a text that names a person: identifiers are shorter, and errors repeat it.
USER_CHARACTERS_MAX = 1_000
