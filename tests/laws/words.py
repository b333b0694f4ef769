"""The small vocabulary of random plans and histories; small, so that rules and events meet."""

from __future__ import annotations

BASE_MS = 1_750_000_000_000
"""The lattice of all times starts here."""

DAY_MS = 86_400_000
SCALES_MS = (60_000, 1_000, 3_600_000, DAY_MS, 7 * DAY_MS)
"""Lengths of time of which each plan uses a few, in its rules and between its events."""

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Asia/Beirut",
    "America/Havana",
    "Australia/Lord_Howe",
)
"""Of the last three, one skips midnights, one has them twice, one moves by half an hour."""
SHIFTS_MS = (0, 1_743_289_200_000 - BASE_MS, 1_762_056_000_000 - BASE_MS)
"""From the start of the lattice to that of a day on which clocks are changed: 2025-03-30 in Berlin
(and Beirut), 2025-11-02 in New York (and Havana)."""

EVENT_NAMES = ("Alpha", "Beta", "Gamma", "Delta")
USUAL_NAMES = ("Alpha", "Beta", "Alpha", "Beta", "Gamma")
"""The names that most rules and events have, so that they meet."""
NUMBERS = (1, 0, 2, -1, 3, 10, 0.5, -2, 100, 0.1, 2.5, -10)
TEXTS = ("red", "", "Red", "blue", "redder", "2025-06-15", "2025-06-15T15:06:41.001Z")
SCALARS = (*NUMBERS, *TEXTS, None, True, False)
POINTS = (10, 20, 40, 5, 0.1, -20, -10, 3)

PROPERTIES = ("n", "s", "x")
"""Mostly numbers, mostly texts, anything."""

TRAITS = ("level", "plan", "flag", "joined")
"""Sent traits: mostly a number, a text, a boolean, ISO-8601 text."""

USERS: tuple[str | int, ...] = ("p0", "red", "p1", 2)
VERSIONS = ("2.10", "2.9", "v2.10.1-beta", "3", "2.x", "", 2)
PURPOSES = ("ads", "news")
LISTS: dict[str, tuple[str | int | float | bool, ...]] = {
    "reds": ("red", "Red", "p0", 1, True),
    "numbers": (0, 1.0, 2.5, -1),
    "nobody": (),
}
"""The lists of every plan."""

DEEP_TRAITS = ("home.city", "group.tier", "group_id")
MOMENTS = (
    "2025-06-15T15:06:40+00:00",
    "2025-06-15",
    "2025-06-15T15:07:40Z",
    "2025-06-15T16:06:40.001",
    "2025-06-16T15:06:40+02:00",
    "2025-06-30",
    "soon",
)
"""ISO texts on and off the lattice (1_750_000_000_000 is 2025-06-15T15:06:40Z), and no date."""
