"""The ledger into the outbox, round by round as the deliver process takes it; nothing is sent."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

from benchmarks.case import Case
from benchmarks.stages.folding import Folded
from ebbline.hosts.embedded.deliver.limits import FOLD_ROWS_MAX
from ebbline.hosts.embedded.deliver.state_reader import StateReader
from ebbline.hosts.embedded.deliver.station import Station, Workshop, set_up
from ebbline.hosts.embedded.deliver.store import DeliveryStore
from ebbline.hosts.embedded.secrets.watch import Watch


def outbox_stage(case: Case, folded: Folded) -> tuple[float, str]:
    """One destination that receives every audience, from the ledger's first row to its last."""
    with case.folder() as folder:
        store = DeliveryStore(Path(folder) / "delivery.db")
        state = StateReader(folded.state)
        with store.db:
            shop = Workshop(store, itertools.count(1), lambda: 0.5, Watch({}))
            destination = case.plan.destinations[0]
            station = set_up(shop, case.plan, destination, state.end(), case.until_ms)
        assert isinstance(station, Station), station
        began = time.process_time()
        while _round(store, state, station, case.until_ms):
            pass
        seconds = time.process_time() - began
        assert station.caught_up
        state.close()
        store.close()
    per_row = folded.ledger_rows / len(case.lines)
    return seconds, f"fold and store; an event: {per_row:.2f} ledger rows"


def _round(store: DeliveryStore, state: StateReader, station: Station, now_ms: int) -> bool:
    rows = state.after(station.position, FOLD_ROWS_MAX)
    with store.db:
        station.fold(rows, state, now_ms)
        station.save(store)
    station.lane.written()
    return len(rows) == FOLD_ROWS_MAX
