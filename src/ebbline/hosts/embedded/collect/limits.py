"""What collecting may hold in memory and how long it waits, each with unit and reason."""

from __future__ import annotations

import msgspec

from ebbline.events import limits as event_limits

BODY_BYTES_MAX = event_limits.BATCH_BYTES_MAX
"""Bytes of one body, as sent and again after decompression: the Segment spec's batch limit."""

BODIES_BYTES_MAX = 64 << 20
"""Bytes of all bodies held at once: some hundred full batches, and a bound under attack."""

BODY_SECONDS_MAX = 10.0
"""Seconds for a body to arrive: half a megabyte on a poor mobile line; SDKs give up at 15."""

QUEUE_EVENTS_MAX = 50_000
"""Events and rejections waiting for or in a write: seconds of work for one log."""

QUEUE_BYTES_MAX = 64 << 20
"""Bytes of request bodies behind the queued events, for the same reason."""

GROUP_EVENTS_MAX = 10_000
"""Events written in one transaction, so that no waiter waits for an endless one."""

OVERLOAD_RETRY_SECONDS = 2
"""Whole seconds a sender is asked to wait when the queue is full: it drains in about one."""

OVERLOAD_RETRY_SECONDS_MAX = 60
"""Whole seconds a sender is asked to wait at the most: SDKs obey up to 300, people look sooner."""

REFUSALS_PER_SECOND = 100
"""Refused requests a second that are wanted at the most: some percent of one core."""

HOLD_SECONDS_MAX = 2.0
"""Seconds a refusal is held back at the most when there are many: a sender that does not wait as
it is told cannot ask again before, and SDKs give a request at least ten."""

DISK_RETRY_SECONDS = 30
"""Whole seconds to wait while the log cannot be written: a person has to make room."""

ALARM_INTERVAL_MS = 60_000
"""Milliseconds between two log lines about the same unknown write key."""

ALARM_KEYS_MAX = 100
"""Unknown write keys remembered for that; guesses must not grow memory."""

LOGINS_MAX = 1_000
"""Authorization headers (keys) remembered with what they say: more than a project has sources,
and at 64 KB each at the most still a bound."""

HEAD_SECONDS_MAX = 10.0
"""Seconds for a request's line and headers to arrive, from the connection or the first byte: as
long as for a body. Between two requests the server's keep-alive time holds."""

HEAD_BYTES_MAX = 64 << 10
"""Bytes of a request's line and headers: several times what browsers and proxies send, cookies
included."""

SEND_SECONDS_MAX = 10.0
"""Seconds a sender may leave its answers lying before the connection is ended."""

CONNECTIONS_MAX = 10_000
"""Connections open at once, at some 10 kB each; beyond, the one waited for longest goes."""

FILES_RESERVED = 200
"""Open files that connections leave to everything else, databases above all: of a process that
may open few files, connections get as many fewer."""

CONCURRENCY_MAX = 1_000
"""Requests handled at once, from the end of their body to the answer; more are told to come
back. Connections and bodies on their way are not counted: others must not be shut out by
somebody who only opens them."""

STRANGERS_PER_SECOND_MAX = 10
"""Refusals without a known key that are kept in the quarantine each second; the others are only
counted. Anybody can cause them, and each costs a write."""

LOG_AHEAD_MS_MAX = 60_000
"""Milliseconds the log's clock may be ahead of the machine's before that is trouble: clocks that
are set right by small steps stay below."""

ERRORS_SHOWN_MAX = 10
"""Rejections named in the answer to a partly bad batch; the quarantine has all of them."""

RECORDS_BYTES_MAX = 2 << 20
"""Bytes of one body of Mixpanel's `/import`, `/track` and `/engage`: what its answers name as the
limit of a request."""

QUERY_FIELDS_MAX = 200
"""Keys read of a query or a form: the pixel's flat form has one for each property."""

ARRIVAL_CODES_MAX = 50
"""Kinds of refusals (keys) remembered for each source; the codes are few, the bound is for all."""

ARRIVED_MS = 5 * 60_000
"""Milliseconds for which an event counts as just arrived in the check of an installation: long
enough to open a page and look, short enough not to see yesterday's."""

SETTINGS_SECONDS = 300
"""Seconds a browser may keep the settings document and the library: page views need not ask
again, and a changed key is seen within minutes."""

BUNDLE_SECONDS = 31_536_000
"""Seconds a browser may keep the library's parts, whose names change with their content: a year."""

LIBRARY_FILE_BYTES_MAX = 4 << 20
"""Bytes of one file of the browser library: several times the largest there is."""

LIBRARY_FILES_MAX = 256
"""Files of the browser library kept in memory, one copy of the entry for each write key."""


class Limits(msgspec.Struct, frozen=True):
    """The limits a deployment or a test may set; the defaults are the constants above."""

    body_bytes_max: int = BODY_BYTES_MAX
    bodies_bytes_max: int = BODIES_BYTES_MAX
    body_seconds_max: float = BODY_SECONDS_MAX
    queue_events_max: int = QUEUE_EVENTS_MAX
    queue_bytes_max: int = QUEUE_BYTES_MAX
    group_events_max: int = GROUP_EVENTS_MAX
    head_seconds_max: float = HEAD_SECONDS_MAX
    head_bytes_max: int = HEAD_BYTES_MAX
    send_seconds_max: float = SEND_SECONDS_MAX
    connections_max: int = CONNECTIONS_MAX
    requests_max: int = CONCURRENCY_MAX


# Objects made (more than dropped) before the collector looks at the young ones, and rounds before
# it looks at older ones: parsed events are many and short-lived, and hardly ever form a circle.
GC_THRESHOLDS = (100_000, 50, 1_000)
