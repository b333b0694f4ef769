"""Bounds of building a new version, with unit and reason."""

from __future__ import annotations

# Events folded into the shadow between two commits: a kill repeats at most these, and a stop,
# a newer proposal or a withdrawal is heard within a second.
STEP_EVENTS = 20_000

# Log entries in one step, for logs of many small entries.
STEP_ENTRIES = 5_000

# Events of the log that may be missing from a shadow when the engine takes it over: what the
# engine still has to fold is the length of its pause, here a fraction of a second.
READY_EVENTS_MAX = 2_000

# Events that may be missing when the engine finds a shadow: more (after a long stop) it hands
# back to the builder rather than folding them itself.
HAND_BACK_EVENTS_MAX = 100_000

# Starts in a row from the same log entry after which a build counts as failed: something kills
# the builder there each time.
STARTS_MAX = 5

# Seconds between two writes of the progress file: as fresh as anybody looks.
PROGRESS_SECONDS_MIN = 0.5
