"""The limits of the embedded host, each with its unit and its reason."""

from __future__ import annotations

from ebbline.events.limits import BATCH_BYTES_MAX

# --- the log ---------------------------------------------------------------------------------

# Bytes of a page of log.db. Larger pages make large batches cheaper and single events dearer,
# since each commit writes whole pages; measured best in the middle for both.
LOG_PAGE_BYTES = 4096

# Pages of log.db in its WAL before a thread begins to fold them into the file (about 16 MiB):
# large enough to be rare under load.
LOG_CHECKPOINT_PAGES = 4_000

# Bytes the WAL file is cut back to after it has been folded in; bounds disk after a long read.
WAL_BYTES_MAX = 64 << 20

# Milliseconds to wait for another process's transaction before giving up. Transactions last
# a few milliseconds, so a wait this long means the other process is stuck.
BUSY_MS_MAX = 10_000

# Milliseconds between tries when several processes create log.db at the same moment.
OPEN_RETRY_MS = 5

# Level of zstd for log payloads: higher levels cost more CPU than the disk they save.
ZSTD_LEVEL = 1

# Entries fetched at a time when the log is read. Bounds memory, and no read transaction stays
# open while the reader works, which would keep the WAL from being folded in.
READ_ENTRIES_MAX = 64

# --- the quarantine --------------------------------------------------------------------------

# Rows kept of what came with a known key; the oldest go first. As many as a person can survey.
QUARANTINE_ROWS_MAX = 20_000

# Bytes of their bodies as they are stored; the oldest go first. Bounds the disk.
QUARANTINE_BYTES_MAX = 256 << 20

# Rows and bytes kept of what came without a known key: apart, because anybody can send it.
STRANGERS_ROWS_MAX = 1_000
STRANGERS_BYTES_MAX = 32 << 20

# Bytes of refused input kept per row: one whole batch, so that it can be sent again.
QUARANTINE_BODY_BYTES_MAX = BATCH_BYTES_MAX

# Bytes up to which a body is stored as it was sent, to be read with any SQLite tool; longer ones
# are worth compressing.
QUARANTINE_PLAIN_BYTES_MAX = 2 << 10

# Characters of a row's source, code, message and path, each; they are meant for people.
QUARANTINE_TEXT_CHARS_MAX = 1_000

# --- the data folder and its processes -------------------------------------------------------

# Milliseconds a start waits for the orphans of a killed supervisor to let the folder go.
LOCK_WAIT_MS_MAX = 10_000

# Milliseconds granted to a holder that seems alive: one just killed takes a moment to be gone.
LOCK_GRACE_MS = 250

# Milliseconds between looks at the lock during that wait (it occurs at a start only).
LOCK_LOOK_MS = 20

# Seconds an orphaned child may take to end by itself once its supervisor is gone.
ORPHAN_SECONDS_MAX = 2.0

# Seconds a clean shutdown may take in all; whoever still runs is killed shortly before.
SHUTDOWN_SECONDS_MAX = 10.0
TERM_SECONDS_MAX = 8.5  # seconds after the polite signal; leaves time to reap the killed

# A child that has been ready for this many seconds is healthy: its death restarts it at once.
HEALTHY_SECONDS_MIN = 2.0

# Seconds before a restart when a child keeps dying young: from the first to the last of a
# doubling. Keeps a crash loop from eating a core while staying well under the five seconds in
# which the system must be ready again after one death.
RESTART_SECONDS_MIN = 0.1
RESTART_SECONDS_MAX = 5.0

# Bytes taken from a doorbell at once; every ring is one byte and one answer serves them all.
DOORBELL_BYTES_MAX = 4_096

# Events folded before the engine commits: small enough for a live commit every few
# milliseconds, large enough that catching up is not bound by commits.
EVENTS_PER_COMMIT_MAX = 5_000

# Log entries folded before the engine commits, for logs of many small entries.
ENTRIES_PER_STEP_MAX = 500

# Milliseconds between two looks of a command line that waits for what came of its command.
OUTCOME_LOOK_MS = 20

# Milliseconds between two looks of the engine while timers fall due one after another: bounds
# the log to a hundred ticks a second.
TICK_MS_MIN = 10


# People woken by one tick at the most while many are due at once; `PORTION_MS` milliseconds make
# what is done between two looks at the log fit the machine.
WAKES_PER_TICK_MAX = 1_000

# Bytes of a file that are parsed, logged and folded together: about a thousand events, which
# stay in the processor's cache from the parser to the fold (five thousand cost 7 % more).
IMPORT_BLOCK_BYTES = 512 << 10

# Bytes at the beginning of a file by which an interrupted import knows it again.
IMPORT_IDENTITY_BYTES = 1 << 20

# Rows of a Parquet file that are taken from DuckDB at a time.
IMPORT_PARQUET_ROWS = 1_000

# Bytes of memory that DuckDB may use to read a Parquet file: some row groups of it.
IMPORT_PARQUET_MEMORY_BYTES = 512 << 20

# Refused lines that an import names; all of them are in the quarantine.
IMPORT_REFUSALS_SHOWN = 3

# Batches between two commits of the state while a file is replayed: every commit writes all
# people that changed, so few commits write most of them once. A crash repeats at most this much
# from the log, which is written batch by batch.
IMPORT_COMMIT_BATCHES = 500

# People changed since the last commit at which an import commits earlier: about 3 kB each.
IMPORT_COMMIT_PEOPLE = 100_000

# Batches after which an import writes its ledger rows into the open transaction; bounds memory.
IMPORT_SPILL_BATCHES = 50

# Seconds the engine sleeps at the most with a timer pending: a clock that was set forward (a
# laptop that slept) is noticed within this time.
WAIT_SECONDS_MAX = 60.0

# Seconds between two writes of a metrics file: as fresh as any scraper asks for.
METRICS_SECONDS_MIN = 1.0

# Connections of the management API at once: people and a few services, each some kilobytes.
API_CONNECTIONS_MAX = 1_000

# Connections that may be waiting for the collector while it restarts.
LISTEN_BACKLOG = 2_048

# Seconds between two looks of a command that waits for a version to be live: as often as a
# progress bar is worth drawing.
FOLLOW_SECONDS = 0.2

# How much the builder yields to the processes that serve: of the 19 levels of `nice`.
NICE_LEVELS = 10
