"""Braze's documented limits as data, with unit and reason."""

from __future__ import annotations

# Objects in one /users/track request, over all arrays together: what every contract allows.
OBJECTS = 50

# Objects in one request on contracts without the lower limit; a setting may go up to it.
OBJECTS_MAX = 75

# People in one request to any other endpoint: recipients, aliases, ids, merges.
PEOPLE_MAX = 50

# Requests per window of a workspace, by default; a contract may have less, then set a rate.
REQUESTS = 3_000

# Milliseconds of that window.
WINDOW_MS = 3_000

# Bytes of a body. Braze documents 100 KB for a nested object and nothing for the whole; this
# keeps a batch within what its gateways are known to take.
BODY_BYTES_MAX = 1_000_000

# Requests in flight; at 100 ms an answer this makes some 80 requests or 4,000 people a second,
# and stays below the 5,000 a minute of the subscription groups.
CONCURRENT_REQUESTS = 8

# Milliseconds we wait for an answer; Braze usually answers within one or two hundred.
TIMEOUT_MS = 30_000

# Milliseconds for which a request that we gave up on may still be applied. Braze documents no
# maximum; this is twice our own patience.
REQUEST_MS_MAX = 60_000

# Milliseconds a batch waits for company: unnoticeable, and a burst makes one request.
LINGER_MS = 50

# Characters of an attribute's or an event's name.
NAME_CHARACTERS_MAX = 255

# Characters of the id of a subscription group or a Canvas: they are UUIDs, so this is ample.
ID_CHARACTERS_MAX = 64
