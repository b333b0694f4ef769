"""One case of the benchmark: a file of events under a number of audiences."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.rules import plan_of
from benchmarks.workload import Workload
from ebbline.events.event import Event
from ebbline.events.names import Names
from ebbline.events.parse import Parser
from ebbline.hosts.embedded.limits import IMPORT_BATCH_LINES


class Case:
    """What every stage of one case shares. `lines` are held, parsed events are not."""

    def __init__(
        self, workload: Workload, file: Path, lines: Sequence[bytes], audiences: int, data: Path
    ) -> None:
        self.workload = workload
        self.file = file
        self.lines = lines
        self.audiences = audiences
        self.until_ms = workload.until_ms
        self.plan = plan_of(workload, audiences)
        self._data = data

    def folder(self) -> tempfile.TemporaryDirectory[str]:
        """A new folder for one run, on the disk of the data folder."""
        return tempfile.TemporaryDirectory(prefix="run-", dir=self._data)

    def batches(self) -> Iterator[list[Event]]:
        """The events up to the instant of the questions, in the import's batches."""
        parser = Parser(Names({}))
        for lines in line_batches(self.lines):
            read = [parser.parse_line(line, receipt="receivedAt", received_ms=0) for line in lines]
            yield [each for each in read if self.counts(each)]

    def counts(self, event: object) -> bool:
        """Whether it was read at all, and received before the clock stops."""
        return isinstance(event, Event) and event.received_ms <= self.until_ms


def line_batches(lines: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """As the import takes them from a file."""
    for start in range(0, len(lines), IMPORT_BATCH_LINES):
        yield lines[start : start + IMPORT_BATCH_LINES]
