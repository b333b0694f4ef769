"""Marketo's documented limits as data, with unit and reason; and ours where it has none."""

from __future__ import annotations

# Records in one call, of leads or of a list: the documented maximum.
LEADS_MAX = 300

# Leads in one call that starts a campaign; more would not be looked at.
TRIGGER_LEADS_MAX = 100

# Calls per window: half of what all integrations of an instance have together, as is advised.
REQUESTS = 50

# Calls per window of the whole instance: the documented maximum.
REQUESTS_MAX = 100

# Milliseconds of that window; it rolls.
WINDOW_MS = 20_000

# Calls a day of the whole instance, as most subscriptions have it; there are some with fewer.
REQUESTS_A_DAY = 50_000

# Calls a day that can be bought at most, as far as is known.
REQUESTS_A_DAY_MAX = 10_000_000

# Milliseconds after midnight UTC when Marketo's day begins: 00:00 CST, which is UTC-6. Should it
# follow summer time, we wait an hour too long and never an hour too short.
DAY_OFFSET_MS = 6 * 3_600_000

# Milliseconds of a day.
DAY_MS = 86_400_000

# Calls in flight: half of the ten that an instance takes, as is advised.
CONCURRENT_REQUESTS = 5

# Calls in flight of the whole instance: the documented maximum.
CONCURRENT_REQUESTS_MAX = 10

# Bytes of a body: the documented megabyte, by the smaller reading of it.
BODY_BYTES_MAX = 1_000_000

# Bytes of an answer we read: 300 leads with all they were asked for, or 300 fields' descriptions.
RESPONSE_BYTES_MAX = 4 << 20

# Milliseconds we wait for an answer; a call with 300 leads can take many seconds.
TIMEOUT_MS = 60_000

# Milliseconds for which a call that we gave up on may still be applied. Marketo documents no
# maximum; this is twice our own patience.
REQUEST_MS_MAX = 120_000

# Seconds a batch waits for company: the shortest queue that Marketo advises, so that the day's
# calls last.
LINGER_SECONDS = 10

# Seconds a batch may wait for company: the longest queue that Marketo advises.
LINGER_SECONDS_MAX = 3_600

# Milliseconds to wait when too many calls are in flight (615): about as long as one takes.
BUSY_MS = 2_000

# Rows of one page of members or fields: the documented maximum.
PAGE = 300

# Pages read at most, twelve million members; a page that leads to itself would never end.
PAGES_MAX = 40_000
