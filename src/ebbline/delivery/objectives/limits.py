"""Every bound of the service levels, with its unit and its reason."""

from __future__ import annotations

MINUTE_MS = 60_000  # milliseconds of the narrow buckets: alerts look at windows of five minutes
HOUR_MS = 3_600_000  # milliseconds of the wide buckets: a month of minutes would be 43,200 rows
DAY_MS = 86_400_000  # milliseconds of a day

# Milliseconds for which narrow buckets are kept: the longest window that alerts read from them.
MINUTES_KEPT_MS = 6 * HOUR_MS

# Milliseconds for which wide buckets are kept: a month of 31 days, and some days to look back.
HOURS_KEPT_MS = 35 * DAY_MS

# Milliseconds of latency that the histogram tells apart; what took longer counts as this.
LATENCY_MS_MAX = 100 * DAY_MS

# Slots of the latency histogram to a doubling (as bits): eight, so that a percentile is at most
# 6.25 percent off, which nobody acts upon.
SLOT_BITS = 3

# Bad changes in the long window below which no alert is raised: where little is sent, one or two
# failures are a large share and no trend.
ALERT_CHANGES_MIN = 3

# Share of changes in five minutes that may pass the latency alert: the alert is about the 95th
# percentile, so 5 percent.
SLOW_SHARE = 0.05

# Milliseconds an alarm's condition must have been false before it counts as resolved, so that a
# rate which hovers about the bar does not tell people twice a minute.
QUIET_MS = 5 * MINUTE_MS

# People looked at for changes that wait too long, in one look: some tens of milliseconds. With
# more than so many waiting, alerts have fired long since.
WAITING_PEOPLE_MAX = 10_000

# Milliseconds from a change to its place in the queue that need no explanation. What took longer
# is looked up in the ledger: it may have been imported, or moved with its person.
PROMPT_MS = 1_000
