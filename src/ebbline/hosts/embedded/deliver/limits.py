"""The limits of the deliver process, each with its unit and its reason."""

from __future__ import annotations

# Rows of the ledger folded in one round. Bounds a round's transaction to tens of milliseconds,
# so answers are taken in and requests leave in between.
FOLD_ROWS_MAX = 2_000

# Attempts kept in delivery.db (a few hundred MB at worst); the oldest go first, but never those
# that tell why a value was laid aside.
ATTEMPTS_MAX = 100_000

# Days for which an attempt keeps its request and response bodies: they hold personal data.
BODY_DAYS = 7

# Attempts between two rounds of tidying the attempts; tidying costs a few milliseconds.
TIDY_EVERY_ATTEMPTS = 1_000

# Bytes of a request or response body kept with its attempt; the rest is cut off and said so.
BODY_BYTES_MAX = 64 << 10

# Seconds a stop waits for requests in flight; who is not back by then is fenced and asked again
# after the restart. Well inside the supervisor's patience.
STOP_GRACE_SECONDS = 5.0

# Milliseconds for a connection to come about; longer than any handshake that is going to work.
CONNECT_MS = 10_000

# Milliseconds to wait for a reader's transaction on delivery.db; readers are short.
BUSY_MS_MAX = 10_000

# Pages of delivery.db in its WAL before a commit folds them into the file (about 16 MiB).
CHECKPOINT_PAGES = 4_000

# Orders (files) taken from the spool in one round; the rest follow in the next.
COMMANDS_MAX = 100

# Seconds between two looks at what seems to have drifted: a vendor that applies later than it
# answers has done so by then.
CONFIRM_SECONDS = 60.0

# Addresses read from delivery.db at a time while everybody is looked at.
PAGE_ADDRESSES = 5_000

# Fields of people that have drifted which a report keeps one by one; all are counted.
DRIFTS_KEPT_MAX = 1_000

# Rows of reports that are kept for each destination: months of a daily one.
REPORTS_KEPT_MAX = 100

# Deliveries listed unless asked otherwise: a screen or two of rows.
LISTED_ROWS = 50
