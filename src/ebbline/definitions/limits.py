"""The limits of rules and project files: each a located finding when passed."""

from __future__ import annotations

DAY_MS = 86_400_000  # milliseconds; a day is always 24 h, calendars play no part in windows

RULE_LENGTH_MAX = 20_000  # characters; a rule this long is generated, and should be a list
RULE_NODES_MAX = 500  # expressions per rule; keeps evaluation far below a millisecond
RULE_DEPTH_MAX = 50  # nested expressions; keeps every pass inside Python's own stack
LATENESS_MS_DEFAULT = 30 * DAY_MS  # phones that were off for a holiday still come in time
WINDOW_MS_MAX = 400 * DAY_MS  # a year and a month; history is kept no longer by default
MEMORY_BYTES_DEFAULT = 1 << 30  # of people in the engine; a small machine has room for that
MEMORY_BYTES_MIN = 16_000_000  # with less, people would hardly be kept from one event to the next
COUNT_MAX = 100_000  # events one threshold may ask for; each is held in the profile
MATCH_LAST_MAX = 1_000  # latest events `last_n` and `matched` look at, for the same reason
STEPS_MAX = 10  # parts of one sequence; the events of each are gone through at every look
NAME_LENGTH_MAX = 200  # characters of an event, trait, audience or list name
REGEX_LENGTH_MAX = 1_000  # characters of a `matches` pattern
BUCKETS_MAX = 10_000  # buckets of one split; each of a million people is then one in a hundred
PARENTS_MAX = 10  # audiences above an audience; a deeper tree is no longer read by anybody
ROUND_DIGITS_MAX = 15  # a float64 holds no more decimal digits

FILE_BYTES_MAX = 1_000_000  # one project file; beyond it parsing takes minutes
FILES_MAX = 2_000  # project files; more than people keep by hand, so a wrong folder was given
FILE_NODES_MAX = 100_000  # YAML values in one file, anchors expanded (stops "billion laughs")
FILE_DEPTH_MAX = 50  # nested YAML values; ten times what the format needs, far from Python's
LIST_ITEMS_MAX = 100_000  # values of one named list; they are written into the plan
AUDIENCES_MAX = 10_000  # audiences in a project; the plan must stay loadable in seconds
TRAITS_MAX = 10_000  # computed traits in a project, for the same reason
EXAMPLE_EVENTS_MAX = 10_000  # events of one example, repeats counted; runs in a second
FINDINGS_MAX = 1_000  # findings reported together; the rest are counted

# The shortest time in milliseconds between two runs of an audience's SQL: each reads history.
REFRESH_MS_MIN = 60_000

# Milliseconds from a captured event to the destination's answer past which somebody is told.
LATENCY_ALERT_MS_DEFAULT = 90_000

# Milliseconds within which a change has to arrive to count as in time.
LATENCY_OBJECTIVE_MS_DEFAULT = 120_000

SUCCESS_DEFAULT = 0.999  # share of changes that arrive, and in time: one in a thousand may not
SLO_WINDOW_MS_DEFAULT = 30 * DAY_MS  # a month, over which an error budget is reckoned
SLO_WINDOW_MS_MIN = 3_600_000  # an hour; with less, a single failure uses the budget up
SLO_WINDOW_MS_MAX = 35 * DAY_MS  # a month and some days; figures are kept no longer
ALERTS_MAX = 20  # receivers of alerts, all of whom get every message
PROBE_MS_MIN = 60_000  # between two tests of a destination; more often would be load, not a test
