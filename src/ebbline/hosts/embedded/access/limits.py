"""The limits of access to the management API, each with its unit and its reason."""

from __future__ import annotations

# Bytes of chance in a key: as many as its SHA-256 has, so that nothing is gained by guessing.
KEY_BYTES = 32

# Characters of a key that are kept in the clear, to tell keys apart in a list; what is left
# unknown of the key is still far beyond guessing.
KEY_SHOWN_CHARACTERS = 10

# Keys of one folder that are not revoked: people and services, not customers.
KEYS_MAX = 1_000

# Characters of a key's name, and of a target in the record of changes: text for people.
NAME_CHARACTERS_MAX = 100

# Characters of what the record of changes keeps of a request's body.
DETAIL_CHARACTERS_MAX = 4_000

# Keys that are remembered with what they may, so that a request asks no database.
KEYS_REMEMBERED_MAX = 10_000

# Units that a key gains in a second. A membership costs 1 unit, other reads 10, work that reads
# much of the history 500: so 10,000 memberships, 1,000 reads or 20 previews a second.
UNITS_A_SECOND = 10_000

# Seconds of standing still that a key may make up for at once; bounds bursts.
BURST_SECONDS = 2

# Changes listed when nobody says how many, and at most: one page for a person.
CHANGES_SHOWN = 50

# Milliseconds to wait for another process's transaction on access.db; they last one.
BUSY_MS_MAX = 5_000
