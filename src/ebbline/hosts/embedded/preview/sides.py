"""People under the old plan and under the new one, side by side in order of their ids."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

import apsw
import msgspec

from ebbline import engine
from ebbline.definitions.plan import Plan, decode_plan
from ebbline.engine.standing import Standing
from ebbline.hosts.embedded.clock import SystemClock, clock_from
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.limits import BUSY_MS_MAX
from ebbline.hosts.embedded.log import Entry, Log
from ebbline.hosts.embedded.preview.limits import SCRATCH_EVENTS
from ebbline.hosts.embedded.reading.running import is_running
from ebbline.hosts.embedded.state.comparison import Naming
from ebbline.hosts.embedded.state.fold import Fold
from ebbline.hosts.embedded.state.store import StateStore

_OVERRIDES = """
SELECT 1 FROM commands WHERE json_extract(command, '$.type') = 'override' AND outcome = 'done'
LIMIT 1
"""
_MEMORY = Path(":memory:")  # SQLite's name for a store without a file

Left = TypeVar("Left")
Right = TypeVar("Right")
Progress = Callable[[int, int], object]  # events done, events in all


class Side(msgspec.Struct, frozen=True):
    """One person under one plan: memberships (and whether effective), traits as published, and
    identifiers as JSON."""

    memberships: Mapping[str, bool]
    traits: Mapping[str, Any]
    identifiers: str = ""


class Moment(msgspec.Struct, frozen=True):
    """Up to where and when both sides look."""

    offset: int
    at_ms: int


NOBODY = Side({}, {})


class Live:
    """The state as it stands at one moment, however it goes on; use it in a `with` block."""

    def __init__(self, folder: DataFolder) -> None:
        self._db = apsw.Connection(str(folder.state), flags=apsw.SQLITE_OPEN_READONLY)
        self._db.set_busy_timeout(BUSY_MS_MAX)
        self._db.execute("BEGIN")
        meta: dict[str, Any] = dict(self._db.execute("SELECT key, value FROM meta"))
        now_ms = meta.get("now_ms", 0)
        if is_running(folder):  # time passes though nothing may have happened for a while
            now_ms = max(now_ms, clock_from(os.environ).now_ms())
        self.moment = Moment(meta.get("offset", 0), now_ms)
        self.plan = decode_plan(bytes(meta["plan"]))

    def __enter__(self) -> Self:
        """Look."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the state go on."""
        self._db.close(True)

    def overridden(self) -> bool:
        """Whether anybody was ever put into or out of an audience by hand."""
        return self._db.execute(_OVERRIDES).fetchone() is not None

    def placed(self) -> int:
        """How many events up to the moment belong to somebody."""
        rows: Any = self._db.execute(
            'SELECT profiles FROM placements WHERE "offset" <= ?', (self.moment.offset,)
        )
        # Where ids are wider than a word the count is too high, and nobody will rely on it.
        return sum(
            len(words) - words.count(0) for (packed,) in rows for words in [array("I", packed)]
        )

    def sides(self) -> Iterator[tuple[int, Side]]:
        """Everybody."""
        rows: Any = self._db.execute("SELECT id, state, identifiers FROM profiles ORDER BY id")
        return _named(rows, self.plan)


def refolded_side(
    folder: DataFolder, plan: Plan, moment: Moment, progress: Progress
) -> Iterator[tuple[int, Side]]:
    """Everybody as a fold of the whole log under a plan has them: exact, and as slow as that."""
    store, log = StateStore(_MEMORY), Log(folder.log, SystemClock(), read_only=True)
    try:
        fold = Fold(store, plan, log)
        fold.rows.muted = True
        _refold(fold, log, moment, progress)
        yield from _named(((row[0], row[1], row[3]) for row in store.profiles()), plan)
    finally:
        log.close()
        store.close()


def _refold(fold: Fold, log: Log, moment: Moment, progress: Progress) -> None:
    done = unwritten = 0
    whole = log.count_events(0, moment.offset)
    for entry in log.read(0):
        if entry.offset > moment.offset:
            break
        events = log.events(entry) if entry.kind in ("events", "replayed") else []
        fold.take(entry, events)
        done, unwritten = done + len(events), unwritten + len(events)
        if unwritten >= SCRATCH_EVENTS:
            fold.commit()
            progress(done, whole)
            unwritten = 0
    fold.take(Entry(fold.offset, moment.at_ms, "tick", 0, b""), [])
    fold.commit()


def _named(rows: Iterator[tuple[int, bytes, str]], plan: Plan) -> Iterator[tuple[int, Side]]:
    names = Naming(engine.compile_plan(plan))
    for profile, state, identifiers in rows:
        standing = Standing(state)
        traits = names.traits(standing) if names.publishes else {}
        yield profile, Side(names.memberships(standing), traits, identifiers)


def side_by_side(
    old: Iterator[tuple[int, Left]], new: Iterator[tuple[int, Right]]
) -> Iterator[tuple[int, Left | None, Right | None]]:
    """What both have on everybody, None where one has no such person; both in order of ids."""
    left, right = next(old, None), next(new, None)
    while left is not None or right is not None:
        profile = min(pair[0] for pair in (left, right) if pair is not None)
        before = left[1] if left is not None and left[0] == profile else None
        after = right[1] if right is not None and right[0] == profile else None
        yield profile, before, after
        if before is not None:
            left = next(old, None)
        if after is not None:
            right = next(new, None)
