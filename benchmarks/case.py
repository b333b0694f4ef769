"""One case of the benchmark: a file of events under a number of audiences."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.rules import plan_of
from benchmarks.workload import DIGESTS, Workload
from ebbline.events.event import Event, Rejection
from ebbline.events.names import Names
from ebbline.events.parse import Parser

# About what an import takes at a time: IMPORT_BLOCK_BYTES of lines as long as the workload's.
BATCH_LINES = 1_000


class Case:
    """What every stage of one case shares. `lines` are held, parsed events are not."""

    def __init__(
        self, workload: Workload, file: Path, lines: Sequence[bytes], audiences: int, data: Path,
        *, ask_oracle: bool = False,
    ) -> None:  # fmt: skip
        self.workload = workload
        self.file = file
        self.lines = lines
        self.audiences = audiences
        self.until_ms = workload.until_ms
        self.plan = plan_of(workload, audiences)
        self._data = data
        self._expected = "" if ask_oracle else DIGESTS.get((len(lines), audiences), "")

    def expected(self) -> str:
        """The digest of the right answer: known, or worked out by the oracle once."""
        if not self._expected:
            self._expected = self.workload.answer(self.lines, self.audiences)
        return self._expected

    def folder(self) -> tempfile.TemporaryDirectory[str]:
        """A new folder for one run, on the disk of the data folder."""
        return tempfile.TemporaryDirectory(prefix="run-", dir=self._data)

    def batches(self) -> Iterator[list[Event]]:
        """The events up to the instant of the questions, in the import's batches."""
        parser = Parser(Names({}))
        for lines in line_batches(self.lines):
            yield self.in_time(parse(parser, lines))

    def in_time(self, events: Iterable[Event | Rejection]) -> list[Event]:
        """Those received before the clock stops; every line of the workload is an event."""
        kept = []
        for event in events:
            assert isinstance(event, Event), event
            if event.received_ms <= self.until_ms:
                kept.append(event)
        return kept


def parse(parser: Parser, lines: Sequence[bytes]) -> list[Event | Rejection]:
    """Lines as the import reads them."""
    read = parser.parse_line
    return [read(line, receipt="receivedAt", received_ms=0, source="import") for line in lines]


def line_batches(lines: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """As the import takes them from a file."""
    for start in range(0, len(lines), BATCH_LINES):
        yield lines[start : start + BATCH_LINES]
