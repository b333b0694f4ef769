"""Salesforce Marketing Cloud's limits as data, with unit and reason."""

from __future__ import annotations

# Rows in one request by default: what a large vendor keeps to, since the synchronous rowset
# takes very small batches on some tenants.
ROWS = 10

# Rows in one request at most: the documented guidance.
ROWS_MAX = 50

# Keys of contacts in one request to forget them.
CONTACTS = 50

# Requests per window; no figure is documented, this is what others keep to.
REQUESTS = 20

# Milliseconds of that window.
WINDOW_MS = 1_000

# Bytes of a body; 2 MB are taken asynchronously, a rowset is far smaller.
BODY_BYTES_MAX = 500_000

# Requests in flight: a row is locked while it is saved, so more would only wait for each other.
CONCURRENT_REQUESTS = 4

# Milliseconds we wait for an answer; the gateway gives up after two minutes.
TIMEOUT_MS = 60_000

# Milliseconds for which a request that we gave up on may still be applied: what is left of the
# gateway's two minutes, and as much again.
REQUEST_MS_MAX = 120_000

# Milliseconds a batch waits for company: unnoticeable, and a burst makes fewer requests.
LINGER_MS = 50

# Milliseconds a token is used for at most: it lives for 20 minutes.
TOKEN_MS_MAX = 1_080_000

# Characters of a column's name, of an event definition's key, and of an extension's key.
NAME_CHARACTERS_MAX = 128

# People read back in one conversation: each takes a request of its own.
READ_BACK_PEOPLE = 20
