"""How much identity one event or one profile may hold, with units and reasons."""

from __future__ import annotations

# Identifiers of all types one profile may hold. A profile past it is nearly always a shared
# value (a kiosk, a test address) gluing strangers together; Segment draws the same line.
IDENTIFIERS_PER_PROFILE_MAX = 1_000

# Identifiers one event may name (the highest priorities are kept). Bounds the look-ups and
# merges a single call can cause; real calls carry two to five.
IDENTIFIERS_PER_EVENT_MAX = 50

# Characters of one identifier after normalisation; longer values are payloads put into the
# wrong field. As many as an event may bring in.
IDENTIFIER_CHARS_MAX = 512

# Entries of `context.externalIds` looked at per event; the rest is ignored.
EXTERNAL_IDS_MAX = 50

# Digits a phone number needs before it can tell people apart; shorter ones are extensions,
# short codes and placeholders.
PHONE_DIGITS_MIN = 6
