"""What we ask of somebody's database, with unit and reason."""

from __future__ import annotations

# People in one transaction: some hundred rows are written in a few milliseconds, and a batch
# that fails is small enough to be halved soon.
PEOPLE = 500

# People in one transaction that a setting may ask for.
PEOPLE_MAX = 5_000

# Bytes of the parameters of a transaction: far below the gigabyte of PostgreSQL's protocol.
BODY_BYTES_MAX = 4_000_000

# Transactions per window: a small server does thousands; the rest is left to its own work.
REQUESTS = 50

# Milliseconds of that window.
WINDOW_MS = 1_000

# Transactions at a time, each on a connection of its own; servers allow 100 by default.
CONCURRENT_REQUESTS = 2

# Milliseconds we wait for a transaction; the server is told to give up sooner.
TIMEOUT_MS = 30_000

# Milliseconds for which a transaction that we gave up on may still be committed. A late one
# does no harm, since rows only ever take newer versions; this spares the server a crowd.
REQUEST_MS_MAX = 5_000

# Milliseconds a transaction waits for company: unnoticeable, and a burst makes one.
LINGER_MS = 50

# Bytes of a name in PostgreSQL; longer ones are cut off, so that two could become one.
NAME_BYTES_MAX = 63

# Columns of a table with a row for each person: two for each field. PostgreSQL has 1,600.
COLUMNS_MAX = 1_500

# People read back in one transaction.
READ_BACK_PEOPLE_MAX = 500

# People read in one page when everybody in an audience is asked for.
PAGE_PEOPLE = 10_000

# Bytes of an answer: a page of people with long identifiers.
RESPONSE_BYTES_MAX = 8 << 20

# Digits of a whole number that every reader of JSON keeps exactly, as the number itself.
EXACT_UNITS_MAX = 2**53
