"""Bounds of the demo, with unit and reason."""

from __future__ import annotations

# People who visit the shop at the machine's own speed: some six events a second. Faster time
# makes each of them come more often, so there are fewer, but no fewer than the second number.
PEOPLE_MAX = 12_000
PEOPLE_MIN = 500

# Times the machine's clock up to which all the people come.
SPEED_OF_ALL_PEOPLE = 10.0

# Calls of the crowd's past that are sent before the opening, more or less: a few seconds of
# work. With many people that is the last hour or two, with few a whole day.
PAST_CALLS = 26_000

# Calls of one person in a day, on the average; only for reckoning how far back the past goes.
CALLS_PER_PERSON_AND_DAY = 45

# Milliseconds of the crowd's past at the most: the shop knows no more.
PAST_MS_MAX = 26 * 3_600_000

# Milliseconds between the start of the feed and the opening: time to take in the cast's past,
# so that what they do at the opening happens before the eyes of the watcher.
OPENING_MS = 2_500

# Calls in one request of the shop: what SDKs on servers send at once.
BATCH_CALLS = 100

# Requests under way at a time while the past is sent.
REQUESTS_AT_ONCE = 4

# Seconds between two requests of the shop, and between two pictures of the view.
FEED_SECONDS = 0.15
VIEW_SECONDS = 0.25

# Seconds until a request is sent again that was not taken.
AGAIN_SECONDS = 0.5

# Milliseconds of the shop's time that one look at it takes: bounds a batch at high speed.
LOOK_MS_MAX = 900_000

# Calls whose sending instant is remembered, to tell how long they took to the sandbox.
CALLS_KEPT_MAX = 50_000

# Entries of the latency figures: enough for a steady percentile.
SAMPLES_MAX = 2_000

# Entries kept for the lists of the view.
LATEST_MAX = 60

# Seconds over which rates are counted and arrows look back.
RATE_SECONDS = 5.0
ARROW_SECONDS = 10.0

# Seconds to wait until the system serves, and until it has ended.
READY_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 9.0
