"""What we ask of somebody's webhook, with unit and reason."""

from __future__ import annotations

# Changes in one request: one message each, as Standard Webhooks has it.
CHANGES = 1

# Changes in one request where a setting asks for batches and names no size: a body of some tens
# of kilobytes.
BATCH_CHANGES = 100

# Changes in one request that a receiver who takes arrays may ask for.
CHANGES_MAX = 1_000

# Bytes of a body: far below what common servers refuse by default (1 MB).
BODY_BYTES_MAX = 500_000

# Requests per window unless a setting says otherwise: a modest server keeps up with it.
REQUESTS = 50

# Milliseconds of that window.
WINDOW_MS = 1_000

# Requests in flight: enough to fill the pace while an answer takes 160 milliseconds.
CONCURRENT_REQUESTS = 8

# Milliseconds we wait for an answer (Standard Webhooks: 15 to 30 seconds).
TIMEOUT_MS = 20_000

# Milliseconds for which a request that we gave up on may still be applied, by default.
REQUEST_MS_MAX = 30_000

# Milliseconds an array that is not full waits for company.
LINGER_MS = 50

# Signing secrets at a time: the present one and, while it is being replaced, the next.
SECRETS_MAX = 2

# Bytes a signing secret must have and may have (Standard Webhooks).
SECRET_BYTES_MIN = 24
SECRET_BYTES_MAX = 64  # bytes, see above

# Headers that a project may add: names in use rarely pass five.
HEADERS_MAX = 30

# Characters of a rendered header's value, below the 8 kB that servers take for all headers.
HEADER_CHARACTERS_MAX = 2_000

# Characters of a template: a page of JSON is three thousand.
TEMPLATE_CHARACTERS_MAX = 20_000

# Bytes that one rendering may write: a message of some kilobytes is usual, and a runaway loop
# should be stopped before it fills the memory.
RENDERED_BYTES_MAX = 100_000

# Iterations of a template's nested loops together, or entries of a range: rather more than a
# list trait has entries.
LOOP_TIMES_MAX = 1_000

# Bytes of what a template keeps in its own variables.
VARIABLES_BYTES_MAX = 200_000

# Characters a filter may be about to write at most; a few filters multiply what they are given.
FILTERED_CHARACTERS_MAX = 1_000_000

# Parsed templates kept in memory, some 10 kB each: those of all webhooks of a large project.
TEMPLATES_KEPT = 500
