"""The bounds of the testing room, with unit and reason."""

from __future__ import annotations

# Turns of the event loop that tasks get at one instant before a virtual clock moves on: a task
# that awaits more often than this without a sleep of its own carries on at a later instant.
TURNS_PER_INSTANT = 64

# Seconds of the machine's own time that a system waits for sockets (a server's start, answers of
# a served sandbox) before it says that they hang.
REAL_SECONDS_MAX = 30.0
