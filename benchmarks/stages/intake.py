"""Parsing, the log, and counting each messageId once: what happens before anybody is known."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.case import Case, line_batches, parse
from ebbline.events.names import Names
from ebbline.events.parse import Parser
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.log import Batch, Log
from ebbline.hosts.embedded.state.seen import Seen
from ebbline.hosts.embedded.state.store import StateStore


def parse_stage(case: Case) -> tuple[float, str]:
    """Lines to events."""
    parser, seconds = Parser(Names({})), 0.0
    for lines in line_batches(case.lines):
        began = time.process_time()
        parse(parser, lines)
        seconds += time.process_time() - began
    return seconds, "Parser.parse_line"


def log_stage(case: Case) -> tuple[float, str]:
    """Events to the log, one row and one fsync a batch; waiting for the disk is no CPU."""
    seconds = 0.0
    with case.folder() as folder:
        path = Path(folder) / "log.db"
        log = Log(path, SystemClock())
        for events in case.batches():
            began = time.process_time()
            log.append_many([Batch("replayed", events, events[-1].received_ms)])
            seconds += time.process_time() - began
        log.close()
        size = path.stat().st_size / len(case.lines)
    return seconds, f"Log.append_many; {size:.0f} bytes an event"


def seen_stage(case: Case) -> tuple[float, str]:
    """Which messageIds have counted before, in memory; their chunks belong to the checkpoint."""
    seconds, twice = 0.0, 0
    with case.folder() as folder:
        store = StateStore(Path(folder) / "state.db")
        seen = Seen(store)
        for events in case.batches():
            began = time.process_time()
            new = sum([seen.add(event.message_id, event.received_ms) for event in events])
            seconds += time.process_time() - began
            twice += len(events) - new
        store.close()
    return seconds, f"Seen.add; {twice:,} events came twice"
