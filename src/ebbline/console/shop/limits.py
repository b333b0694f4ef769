"""The bounds of the simulated shop."""

from __future__ import annotations

# Milliseconds in a second: the scripts of visits are written in seconds.
SECOND_MS = 1_000

# Milliseconds in a minute: visits begin in slots of one minute, each drawn by itself.
MINUTE_MS = 60_000

# Milliseconds in an hour: the steps in which the shop plans its campaigns.
HOUR_MS = 3_600_000

# Milliseconds in a day: the rhythm of the cast's past.
DAY_MS = 86_400_000

# People the shop may be asked for: the demo is one machine's, and names repeat beyond it.
PEOPLE_MAX = 100_000

# Milliseconds of the crowd's past that is sent at opening: longer than the 24 h of the rules,
# so that exits by time are due from the first minute.
CROWD_PAST_MS = 26 * HOUR_MS

# Milliseconds of the cast's past: longer than the 30 days that the rules look back.
CAST_PAST_MS = 50 * DAY_MS

# Milliseconds after which every script has ended; slots older than it are not looked at.
SCRIPT_MS_MAX = 3 * HOUR_MS

# Slots kept drawn, in entries: all that one look needs, so that ticking along draws none twice.
SLOTS_KEPT_MAX = 512
