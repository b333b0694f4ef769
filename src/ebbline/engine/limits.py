"""Every bound of the engine, with its unit and its reason."""

from __future__ import annotations

# Milliseconds since the epoch that no clock reaches: "this will not change by itself".
NEVER = 2**62

# Milliseconds in a day; days_since counts whole ones.
DAY_MS = 86_400_000

# Units per one: sums and averages are kept as whole billionths, so adding is exact and its
# order cannot matter.
NANO = 1_000_000_000

# Largest magnitude a summed number may have; beyond it a float holds no billionths at all.
NUMBER_MAX = 1e15

# Entries (time, and where asked for value and messageId) that one person's record of one set of
# events keeps one by one, unless a rule names a greater number: what people do in a year, and few
# enough that a machine that counts as one costs a megabyte and the others nothing.
ENTRIES_MAX = 10_000

# The most that a number written in a rule raises that bound to: the greatest threshold of a count.
ENTRIES_ASKED_MAX = 100_001

# Stretches of time by which what is beyond that bound is still counted and summed: windows err by
# a thousandth.
PANES_MAX = 1_000

# Milliseconds of the shortest such stretch, and the unit of all.
PANE_MS_MIN = 60_000

# Different values of one person that are known one by one, however long ago they came.
DISTINCT_MAX = 10_000

# Where many are dropped at once because one at a time would be slow: one of so many.
DROPPED_SHARE = 4

# Decimal places a score is rounded to on reading: far above float noise, far below meaning.
SCORE_DECIMALS = 9

# Values that one `values()` lists, the first seen: a list that a person could still read.
VALUES_MAX = 1_000

# Of those, how many an explanation names: what fits on a line.
VALUES_SHOWN_MAX = 10

# Half-lives per block of a decaying score: 2**64 still leaves a float exponent ample room.
BLOCK_HALF_LIVES = 64

# Binary places kept below one point inside a block: 2**-40 is a thousandth of a billionth.
BLOCK_SCALE_BITS = 40

# Blocks behind the present one that still count; older ones hold less than 2**-128 of a point.
BLOCKS_BEHIND = 2

# Milliseconds: a score flip farther away than this is announced a little early and made exact
# when it comes near, because most far flips are overtaken by the next event.
FAR_FLIP_MS = 60_000

# Milliseconds by which a far flip is announced early: above any float error of the estimate.
EARLY_MS = 16

# Least difference of a continuously moving trait (a decaying score) that is published when its
# sync names none: without it a decaying number would change every millisecond.
TRAIT_STEP = 1.0
