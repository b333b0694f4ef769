"""Bounds of recording, alerting and probing, each with its unit and its reason."""

from __future__ import annotations

# Sources (audiences, traits) of one destination whose figures are kept apart, by their order in
# the project. What lies beyond counts in the destination's own figures only: each series takes
# at most 1,200 rows.
SERIES_MAX = 200

# Swaps of definitions remembered for one destination, by number: what an older one changed for
# everybody at once has been delivered, or overtaken.
SPANS_KEPT = 20

# Days after which a change that was tried and then neither delivered nor given up is forgotten:
# its field is no longer synced, or its person has gone.
TRIED_DAYS = 35

# Notices kept of one system, newest by time: enough to see what was told in a bad month.
NOTICES_KEPT = 1_000

# Attempts to deliver a notice; with delays up to five minutes that is about an hour and a half.
NOTICE_ATTEMPTS_MAX = 24

# Milliseconds to wait for a receiver of alerts.
NOTICE_TIMEOUT_MS = 20_000

# Bytes of a receiver's answer that are read; nothing in it is of interest but its status.
NOTICE_ANSWER_BYTES_MAX = 4_096

# Audiences and traits that a notice names: the worst ones, as many as fit a screen.
NOTICE_SOURCES = 3

# Probes kept of one destination, by number: two days at one in five minutes.
PROBES_KEPT = 600

# Milliseconds to wait for our own door to take in a probe's event.
PROBE_POST_MS = 10_000

# Milliseconds to the next try where the door did not take the event, at least.
PROBE_RETRY_MS = 60_000

# Characters of an error that are kept.
ERROR_CHARACTERS_MAX = 300
