"""The limits of what may come in, each with its unit and its reason."""

from __future__ import annotations

EVENT_BYTES_MAX = 32 << 10
"""Bytes of one event as sent: the limit the Segment spec documents and its SDKs keep."""

BATCH_BYTES_MAX = 500 << 10
"""Bytes of one request body after decompression: the Segment spec's limit for a batch."""

BATCH_EVENTS_MAX = 2_500
"""Events in one batch: the Segment spec's limit."""

DEPTH_MAX = 32
"""Levels of objects and lists below one of an event's fields. Real events stay under ten; the
bound keeps every later walk and encoding far from the interpreter's recursion limit."""

FAST_DEPTH_MAX = 4
"""Levels the typed decoder checks itself; deeper values take the careful path. Its type table
doubles with every level, so this stays small (products inside an order are two levels)."""

MESSAGE_ID_LENGTH_MAX = 100
"""Characters of a messageId: the Segment spec's limit; it is kept for the dedupe horizon."""

ID_LENGTH_MAX = 512
"""Characters of an identifier: longer ones are blobs put in the wrong field, and each would be
an index key."""

NAME_LENGTH_MAX = 512
"""Characters of an event, page or screen name: names are index keys and metric-like labels."""

KEYS_MAX = 500
"""Top-level keys of properties, traits, context or integrations in one event; more means that
data was used as keys, and each trait key is stored per person."""

TIME_MS_MAX = 7_258_118_400_000
"""Latest UTC millisecond taken as a time (2200-01-01): beyond it a unit was mixed up."""

NAME_CACHE_MAX = 10_000
"""Distinct event names remembered; a sender that makes up names must not grow memory."""

QUARANTINE_BODY_BYTES_MAX = BATCH_BYTES_MAX
"""Bytes of refused input kept with its reason: one whole batch, so that it can be sent again."""

NUMBER_TEXT_LENGTH_MAX = 40
"""Characters of a text that a tracking plan turns into a number: a float64 has 17 digits, and
reading a number takes time that grows with its length."""

SHOWN_LENGTH_MAX = 40
"""Characters of a value quoted in a refusal's message; the whole of it lies in the quarantine."""

MESSAGES_MAX = 100
"""Validation messages in one answer: enough to mend a request, and a bound for a body of faults."""

GA4_EVENTS_MAX = 25
"""Events of one Measurement Protocol request by GA4's documentation; told at the debug door."""

GA4_PARAMS_MAX = 25
"""Parameters (keys) of one event by GA4's documentation."""

GA4_PROPERTIES_MAX = 25
"""User properties (keys) of one request by GA4's documentation."""

GA4_NAME_MAX = 40
"""Characters of an event's or parameter's name by GA4's documentation."""

GA4_VALUE_MAX = 100
"""Characters of a parameter's value by GA4's documentation of standard properties."""

GA4_PROPERTY_NAME_MAX = 24
"""Characters of a user property's name by GA4's documentation."""

GA4_PROPERTY_VALUE_MAX = 36
"""Characters of a user property's value by GA4's documentation."""

GA4_BACKDATE_MS_MAX = 72 * 3_600_000
"""Milliseconds that GA4 lets an event lie back."""

MIXPANEL_RECORDS_MAX = 2_000
"""Events or profile updates in one request by Mixpanel's documentation."""

MIXPANEL_INSERT_ID_MAX = 36
"""Characters of an `$insert_id` by Mixpanel's documentation."""

MIXPANEL_TIME_MS_MIN = 31_536_000_000
"""Earliest UTC millisecond of an imported event by Mixpanel's documentation: 1971-01-01."""

MIXPANEL_AHEAD_MS_MAX = 3_600_000
"""Milliseconds an imported event may lie ahead by Mixpanel's documentation: one hour."""

SECONDS_MAX = 100_000_000_000
"""Numbers below are seconds, from it on milliseconds: in seconds it is the year 5138, in
milliseconds 1973."""
