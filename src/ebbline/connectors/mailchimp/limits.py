"""Mailchimp's documented limits as data, with unit and reason."""

from __future__ import annotations

# Contacts in one batch, and addresses in one change of a tag.
OBJECTS_MAX = 500

# Connections a user may have open at the same time, all programs together.
CONNECTIONS_MAX = 10

# Connections we use by default; the others are left to whoever else works with the account.
CONNECTIONS = 8

# Requests per window. Mailchimp documents no quota per minute; this is what others keep to.
REQUESTS = 10

# Milliseconds of that window.
WINDOW_MS = 1_000

# Bytes of a body: 500 contacts with two kilobytes each, far below what gateways refuse.
BODY_BYTES_MAX = 1_000_000

# Bytes of an answer: a batch is answered with every contact in full, some 3 kB each.
RESPONSE_BYTES_MAX = 8_000_000

# Milliseconds we wait for an answer: Mailchimp ends a request itself after two minutes.
TIMEOUT_MS = 120_000

# Milliseconds for which a request that we gave up on may still be applied, beyond those two
# minutes; none are documented.
REQUEST_MS_MAX = 60_000

# Milliseconds a batch waits for company: a batch of one costs a connection like one of 500.
LINGER_MS = 200

# Characters of a merge field's tag.
TAG_CHARACTERS_MAX = 10

# Characters of the name of a tag of contacts.
SEGMENT_NAME_CHARACTERS_MAX = 100

# Characters of an event's name, at least and at most.
EVENT_NAME_CHARACTERS_MIN = 2
EVENT_NAME_CHARACTERS_MAX = 30  # characters, see above

# People read back in one conversation: each takes a request of its own.
READ_BACK_PEOPLE = 20

# Entries of a page, the most there can be.
PAGE_ENTRIES = 1_000

# Times a person is introduced anew after a request did not know them; then the vendor's words
# are taken as they are.
INTRODUCTION_TIMES = 4
