"""Every bound of the SQL room, with its unit and its reason."""

from __future__ import annotations

# Magnitude below which a number's billionths fit into a whole number of 64 bits.
SMALL_MAX = 9_000_000_000

# Half-lives after which an event brings nothing to a score: 2**-128 of 10**15 points is far
# below the ninth decimal, and some databases refuse a power that small.
HALF_LIVES_MAX = 128

# Largest whole number that a float64 holds together with all below it; larger ones written in a
# rule are written as floats.
EXACT_WHOLE_MAX = 2**53

# Items of the list that `values()` gives, the first seen; as the engine does.
VALUES_MAX = 1_000

# Points above which a fading event is added as a float: billionths times milliseconds of it could
# pass what 128 bits hold.
FADING_MAX = 1_000_000_000

# Milliseconds since the epoch (1970) from which the history of a time zone's offsets is written
# into a query; earlier events take the offset of that instant.
OFFSETS_FROM_MS = 0

# Time zones whose offsets are kept at hand: finding them takes a twentieth of a second.
ZONES_KEPT = 64

# Characters of a text that may be a timestamp; as the engine reads them.
MOMENT_LENGTH_MAX = 40
