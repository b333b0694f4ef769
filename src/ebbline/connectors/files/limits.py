"""What we ask of a folder of files, with unit and reason; an object store is asked the same."""

from __future__ import annotations

# Changes in one file: a megabyte or two, which loaders of warehouses like better than crumbs.
CHANGES = 10_000

# Changes in one file that a setting may ask for.
CHANGES_MAX = 50_000

# Bytes of a file before it is packed: what one request of an object store takes with ease.
BODY_BYTES_MAX = 4_000_000

# Seconds a file that is not full waits for company, by default; a quiet system then writes a
# file a minute at most.
EVERY_SECONDS = 60

# Seconds a setting may have it wait: an hour, since the names of files have one.
EVERY_SECONDS_MAX = 3_600

# Files per window: more are a sign of a batch that is too small.
REQUESTS = 100

# Milliseconds of that window.
WINDOW_MS = 1_000

# Files written at a time; one disk gains nothing from more.
CONCURRENT_REQUESTS = 1

# Milliseconds we wait for a file; a disk that takes longer is in trouble.
TIMEOUT_MS = 60_000

# Milliseconds for which a file that we gave up on may still appear. It would be the same file.
REQUEST_MS_MAX = 5_000

# Digits of the hexadecimal ids of files and of changes: 128 bits, so that none meet.
ID_DIGITS = 32

# Characters of the template of a name, and of a prefix.
NAME_CHARACTERS_MAX = 300

# Bytes of the path of a folder; Linux takes 4,096 for a whole path.
PATH_BYTES_MAX = 2_000
