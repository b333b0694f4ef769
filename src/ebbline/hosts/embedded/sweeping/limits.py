"""Bounds of a sweep, with unit and reason."""

from __future__ import annotations

# Events beyond which a replay is not begun unless somebody asks for it: some minutes' worth.
REPLAY_EVENTS_MAX = 5_000_000

# Thresholds in one sweep: each is an audience of its own, and a row to read.
THRESHOLDS_MAX = 50

# Days looked back at; each is a query of its own where history is not replayed.
DAYS_MAX = 400
