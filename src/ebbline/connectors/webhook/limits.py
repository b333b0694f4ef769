"""What we ask of somebody's webhook, with unit and reason."""

from __future__ import annotations

# Changes in one request: one message each, as Standard Webhooks has it.
CHANGES = 1

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
