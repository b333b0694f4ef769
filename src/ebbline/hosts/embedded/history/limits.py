"""Bounds of the history, with unit and reason."""

from __future__ import annotations

# Seconds between the first event that is not in a file yet and the next file: every file costs
# some milliseconds and a later merge, and readers take what is newer from the log.
WRITE_SECONDS = 10.0

# Events staged for one round of writing, some 400 bytes each: bounds the staging file, and what
# is done again after a kill.
CHUNK_EVENTS_MAX = 100_000

# Bytes staged for one round, for events that are larger than most.
CHUNK_BYTES_MAX = 128 << 20

# Entries of the log whose events went to somebody else, corrected in one round.
CHUNK_ENTRIES_MAX = 1_000

# Bytes of memory that DuckDB may use while it writes; beyond it sorts on disk.
WRITER_MEMORY_BYTES = 256 << 20

# Bytes of memory that DuckDB may use for a reader.
READER_MEMORY_BYTES = 1 << 30

# Rows of a Parquet row group: the least that is read of one person. DuckDB makes them in steps
# of 2,048 rows; smaller ones make the files' footers long, and those are read whole.
ROW_GROUP_ROWS = 8_192

# Files of a day at which the small ones become one.
FILES_PER_DAY_MAX = 8

# A file is small beside the others of its day while they hold no less than its rows divided by
# this: every row is then written again a few times only.
GROWTH = 2

# Milliseconds after a day's end at which its files become one: late events have mostly come.
DAY_SETTLED_MS = 6 * 3_600_000

# Milliseconds for which a file that counts no more is kept, for readers who have just begun.
READERS_MS = 600_000

# Times a reader looks again when a file has gone meanwhile.
READ_TRIES = 3

# Days looked through first for one page of a timeline, and the growth of every further look.
PAGE_DAYS = 32
PAGE_DAYS_GROWTH = 4

# Events on a page of a timeline when nobody says how many.
PAGE_EVENTS = 50

# Rows of `placements` looked at between two questions to state.db; bounds memory.
PLACEMENTS_READ = 1_000

# Seconds that the process sleeps at most while it waits for a refresh: what poll() can count.
LOOK_SECONDS_MAX = 86_400.0
