"""Bounds of the demo, with unit and reason."""

from __future__ import annotations

# People who visit the shop: enough for something to happen all the time, and their past is
# taken in within seconds.
PEOPLE = 1_000

# Milliseconds between the start of the feed and the opening: time to take in the past, so that
# what the shop's cast does at opening happens before the eyes of the watcher.
OPENING_MS = 4_000

# Calls in one request of the shop: what SDKs on servers send at once.
BATCH_CALLS = 100

# Requests under way at a time while the past is sent.
REQUESTS_AT_ONCE = 4

# Seconds between two requests of the shop, and between two pictures of the view.
FEED_SECONDS = 0.15
VIEW_SECONDS = 0.25

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
