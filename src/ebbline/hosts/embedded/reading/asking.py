"""An audience by one query over history: at any instant, under any plan.

It says what the rules say of everything that was known then. `answers` tells where that is not
the whole truth: events that retention has dropped, people who were put in or out by hand.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import apsw
import msgspec

from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.limits import BUSY_MS_MAX
from ebbline.hosts.embedded.state.placements import unpack

if TYPE_CHECKING:
    import duckdb

    from ebbline.warehouse.query import Query

_OVERRIDES = """
SELECT 1 FROM commands WHERE json_extract(command, '$.type') = 'override' AND outcome = 'done'
AND at_ms <= ? AND json_extract(command, '$.audience') IN (SELECT value FROM json_each(?))
LIMIT 1
"""
_PLACEMENTS = 'SELECT profiles FROM placements ORDER BY "offset"'


class Asker:
    """The history of a folder, opened once for several questions; use it in a `with` block."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Open the history; ImportError where the databases for it are not installed."""
        from ebbline.hosts.embedded.history import History, duck  # noqa: PLC0415 - heavy, an extra
        from ebbline.hosts.embedded.history.limits import READER_MEMORY_BYTES  # noqa: PLC0415

        name = tempfile.TemporaryDirectory(prefix="ebbline-asking-")
        spill = Path(self._stack.enter_context(name))
        self._history = self._stack.enter_context(History(self._folder, spill))
        opened = duck.connection(spill, READER_MEMORY_BYTES, threads=None)
        self._db: duckdb.DuckDBPyConnection = self._stack.enter_context(opened)
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of everything."""
        self._stack.close()

    def answers(self, audiences: Iterable[str], at_ms: int) -> bool:
        """Whether a query can tell some audiences: every event that ever belonged to somebody
        is in the history, and nobody was put in or out by hand."""
        self._history.use(self._db)
        held: Any = self._db.execute("SELECT count(*) FROM events").fetchone()
        names = msgspec.json.encode(list(audiences)).decode()
        state = apsw.Connection(str(self._folder.state), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            state.set_busy_timeout(BUSY_MS_MAX)
            by_hand = state.execute(_OVERRIDES, (at_ms, names)).fetchone() is not None
            packed: Any = state.execute(_PLACEMENTS)
            placed = sum(len(each) - each.count(0) for (row,) in packed for each in [unpack(row)])
        finally:
            state.close()
        return not by_hand and bool(held[0] == placed)

    def rows(self, query: Query, at_ms: int) -> list[Any]:
        """The rows of a query about an instant, by the events and the people known then."""
        self._history.use(self._db, at_ms)
        text = f"SELECT * FROM ({query.sql()}) ORDER BY 1"  # noqa: S608 - made by the warehouse
        return self._db.execute(text).fetchall()
