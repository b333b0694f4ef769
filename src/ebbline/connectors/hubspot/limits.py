"""HubSpot's documented limits as data, with unit and reason; and ours where it has none."""

from __future__ import annotations

# Objects in one batch of contacts: the documented maximum.
CONTACTS_MAX = 100

# People in a request that tells every change of theirs: each may have 100 changes waiting, and
# HubSpot is said to take 500 events in a batch.
EVERY_CHANGE_PEOPLE = 5

# Requests per window of a private app on the free and starter plans, the fewest of all plans.
REQUESTS = 100

# Requests per window on the largest plan, with the increase that can be bought.
REQUESTS_MAX = 250

# Milliseconds of that window; it rolls.
WINDOW_MS = 10_000

# Requests a day of an account on the free and starter plans, the fewest of all plans.
REQUESTS_A_DAY = 250_000

# Requests a day on the largest plan with two increases.
REQUESTS_A_DAY_MAX = 3_000_000

# Milliseconds of a day, at whose beginning in the account's time zone the daily quota returns.
DAY_MS = 86_400_000

# Bytes of a body; none is documented. 100 contacts with 50 values each stay below it.
BODY_BYTES_MAX = 1_000_000

# Bytes of an answer we read: 100 contacts with all they were asked for.
RESPONSE_BYTES_MAX = 4 << 20

# Requests in flight; at 400 ms an answer this uses up the pace of every plan.
CONCURRENT_REQUESTS = 8

# Milliseconds we wait for an answer; a batch of 100 usually takes about one second.
TIMEOUT_MS = 30_000

# Milliseconds for which a request that we gave up on may still be applied. HubSpot documents no
# maximum; this is twice our own patience.
REQUEST_MS_MAX = 60_000

# Milliseconds a batch waits for company: unnoticeable, and a burst makes one request.
LINGER_MS = 200

# Milliseconds to leave a locked account alone (423): the documented minimum.
LOCKED_MS = 2_000

# Milliseconds to wait for an account that is being moved (477) where it does not say how long.
MOVING_MS = 60_000

# Rows of one page of a list's members: the documented maximum.
MEMBERS_PAGE = 250

# Pages of a list's members read at most, ten million of them; a page that leads to itself would
# never end.
PAGES_MAX = 40_000
