"""What was sent and what was seen committed, put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from benchmarks.latency.figures import Spread, spread_of
from benchmarks.latency.sending import Sent
from benchmarks.latency.watching import Seen
from ebbline.hosts.embedded.state.schema import KINDS

MEMBERSHIPS = frozenset([KINDS["entered"], KINDS["exited"]])
TRAIT = KINDS["trait"]

EVENT = "event to membership"
PUBLISHED = "event to trait"
ANSWERED = "event to answer (200)"
TIME = "due instant to exit or entry"
BEHIND = "batch due to batch sent"


class Phase(msgspec.Struct, frozen=True):
    """One stretch of the measurement, in milliseconds by what was measured."""

    name: str
    events: int
    refused: int
    spreads: dict[str, Spread]


def phase_of(name: str, sent: Sequence[Sent], seen: Iterable[Seen],
             between: tuple[float, float] | None = None, *, without: int = 0) -> Phase:  # fmt: skip
    """The figures of what was sent in a stretch of seconds (None: at any time).

    An event counts once for memberships, by its first change, and once for traits; a batch
    counts once for each event in it. What time alone brought is measured from its own instant,
    but for the audience `without`, the crowd's.
    """
    low, high = between or (0.0, float("inf"))
    batches = [each for each in sent if low <= each.sent <= high]
    came: dict[str, float] = {}
    for each in batches:
        for message_id in each.message_ids:
            came.setdefault(message_id, each.sent)
    first: dict[tuple[str, bool], float] = {}
    by_time: list[float] = []
    for row in seen:
        if row.kind not in MEMBERSHIPS and row.kind != TRAIT:
            continue
        if row.cause is not None:
            if row.cause in came:
                first.setdefault((row.cause, row.kind == TRAIT), row.seen)
        elif _by_time(row, without) and low <= row.at_ms / 1000 <= high:
            by_time.append(row.seen * 1000 - row.at_ms)
    waits = {
        EVENT: [_ms(at - came[key]) for (key, trait), at in first.items() if not trait],
        PUBLISHED: [_ms(at - came[key]) for (key, trait), at in first.items() if trait],
        ANSWERED: [_ms(b.answered - b.sent) for b in batches for _ in b.message_ids],
        TIME: by_time,
        BEHIND: [_ms(b.sent - b.due) for b in batches],
    }
    return Phase(
        name, sum(len(b.message_ids) for b in batches),
        sum(len(b.message_ids) for b in batches if b.status != 200),
        {what: spread_of(values) for what, values in waits.items()},
    )  # fmt: skip


def _by_time(row: Seen, without: int) -> bool:
    return row.kind in MEMBERSHIPS and row.definition != without


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


class Drain(msgspec.Struct, frozen=True):
    """A crowd whose windows ended at one instant: how many exits, and seconds from that instant
    until the first and the last of them were committed."""

    exits: int
    first_seconds: float
    last_seconds: float


def drain_of(seen: Iterable[Seen], crowd: int, ends_ms: int) -> Drain:
    """How long the crowd took to leave."""
    times = [row.seen for row in seen if row.definition == crowd and row.cause is None]
    if not times:
        return Drain(0, 0.0, 0.0)
    ends = ends_ms / 1000
    return Drain(len(times), round(min(times) - ends, 3), round(max(times) - ends, 3))
