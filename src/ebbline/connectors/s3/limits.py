"""Limits of an object store as data, with unit and reason."""

from __future__ import annotations

# Objects written at a time. S3 takes 3,500 a second below each prefix; one connection writes
# some tens of megabytes a second, more than changes ever come.
CONCURRENT_REQUESTS = 2

# Milliseconds we wait for an answer: a few megabytes over a slow line.
TIMEOUT_MS = 60_000

# Milliseconds for which a request that we gave up on may still be carried out. It would write
# the same object once more.
REQUEST_MS_MAX = 30_000

# Milliseconds that a signature's date may be off: S3 documents 15 minutes.
SKEW_MS_MAX = 900_000

# Characters of a bucket's name (S3: 3 to 63).
BUCKET_CHARACTERS_MIN = 3
BUCKET_CHARACTERS_MAX = 63  # characters, see above
