"""Every bound of delivery that is ours and not a vendor's, with its unit and its reason."""

from __future__ import annotations

# Milliseconds before the first retry at most; the vendor has hardly noticed by then.
RETRY_FIRST_MS = 1_000

# Milliseconds between retries at most: an outage that ends is noticed within this time.
RETRY_MS_MAX = 300_000

# Milliseconds of failing after which a value that others overtake is laid aside with its reason.
GIVE_UP_MS = 86_400_000

# Attempts of one person that fail before their batches are halved, attempt by attempt, so that
# one person a vendor chokes on cannot hold up the others.
ISOLATE_AFTER_ATTEMPTS = 3

# Requests that fail in a row before a destination counts as down.
BREAKER_REQUESTS = 5

# Milliseconds to the first probe of a destination that is down; doubled up to RETRY_MS_MAX.
BREAKER_FIRST_MS = 1_000

# Milliseconds between probes of a destination that refuses our key or does not know the path:
# somebody has to mend a setting first, so a minute is soon enough.
CONFIG_PROBE_MS = 60_000

# Milliseconds to pause after a 429 that does not say for how long.
THROTTLE_MS = 5_000

# Milliseconds of a day: a vendor's daily quota begins anew after it.
DAY_MS = 86_400_000

# Single changes of one field that wait for one person at most, where every change is told; the
# oldest go first. Who flips this often while a destination is down is no longer news.
CHANGES_WAITING_MAX = 100

# Times in a row that a person may be sent anew at once because something was learned; then it
# waits like any failure, so that a destination which keeps forgetting us is not stormed.
AGAIN_AT_ONCE_TIMES = 3

# Milliseconds a 429 or a used up quota may make us wait at most; more is taken for a mistake.
THROTTLE_MS_MAX = 3_600_000

# People with something to send that one lane keeps in memory (about 1 kB each); the others wait
# in the store, so an outage costs disk and not memory.
PEOPLE_RESIDENT_MAX = 50_000

# People looked at for one batch at most, for each object it may hold: those that do not fit
# (because they are being isolated) are passed over, but not without end.
SCAN_FACTOR_TIMES = 4

# Share of a number by which a vendor's copy may differ and still be the same: they keep doubles
# and write them with fifteen digits or more, some with fewer.
ROUNDING = 1e-9

# Milliseconds by which an instant may differ there: some vendors keep whole seconds.
SECOND_MS = 1_000

# Bytes reckoned for the frame around one person's values in a request body.
ITEM_FRAME_BYTES = 200
