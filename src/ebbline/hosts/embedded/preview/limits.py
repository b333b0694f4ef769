"""Bounds of previews, with unit and reason."""

from __future__ import annotations

# People shown by name for each audience and direction: enough to recognise a mistake.
SAMPLE_PEOPLE = 5

# Events folded between two commits of a scratch state; bounds memory.
SCRATCH_EVENTS = 50_000
