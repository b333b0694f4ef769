"""The historian: follows what the engine has folded and keeps the Parquet files up to it.

One `step` writes what is new, or corrects what went to somebody else since; files come first,
then one commit of the manifest. A kill in between leaves files that nobody counts, which the next
start deletes. It owns no waiting: a process, an import and tests call it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec

from ebbline.hosts.embedded.clock import Clock
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.history import merging
from ebbline.hosts.embedded.history.limits import (
    CHUNK_BYTES_MAX,
    CHUNK_ENTRIES_MAX,
    CHUNK_EVENTS_MAX,
    READERS_MS,
)
from ebbline.hosts.embedded.history.manifest import HistoryFile, Manifest
from ebbline.hosts.embedded.history.source import Source
from ebbline.hosts.embedded.history.writer import DAY_MS, Staging, Writer, day_of


class Historian:
    """The only writer of history.db and of the files below history/."""

    def __init__(self, folder: DataFolder, clock: Clock, keep_days: int | None = None,
                 chunk_events: int = CHUNK_EVENTS_MAX) -> None:  # fmt: skip
        """`keep_days`: days of event time kept, counted back from the log's clock; None: all."""
        self._folder = folder
        self._clock = clock
        self._keep_days = keep_days
        self._chunk_events = chunk_events
        folder.history.mkdir(mode=0o700, exist_ok=True)
        self._manifest = Manifest(folder.history_index)
        self._writer = Writer(folder.history)
        self._source: Source | None = None
        self.held = self._manifest.snapshot()
        # What has been looked at may be ahead of what is held: entries without events.
        self._looked = (self.held.offset, self.held.offset_ms)
        self.rows_written = 0
        self._sweep(orphans=True)

    def close(self) -> None:
        """Let go of everything; what was written is committed."""
        self._writer.close()
        self._manifest.close()
        if self._source is not None:
            self._source.close()

    def catch_up(self) -> int:
        """Write all that the engine has folded; the rows written."""
        before = self.rows_written
        while self.step():
            continue
        self.rest()
        return self.rows_written - before

    def rest(self) -> None:
        """Give memory back and delete what counts no more, until there is something to do."""
        self._writer.close()
        self._sweep()

    def lag(self) -> int:
        """Log entries that the engine has folded and that have not been looked at."""
        return 0 if self._source is None else max(0, self._source.end() - self._looked[0])

    def step(self) -> bool:
        """One round of writing; False when there was nothing to do."""
        source = self._source = self._source or Source.opened(self._folder)
        if source is None:
            return False
        return self._correct(source) or self._follow(source) or self._merge() or self._expire()

    # -- what is new -----------------------------------------------------------------------

    def _follow(self, source: Source) -> bool:
        offset, stamp = self._looked
        end = source.end()
        if end <= offset:
            return False
        with self._writer.staging() as staging:
            for placed in source.after(offset, stamp, end):
                staging.add(placed.rows())
                offset, stamp = placed.entry.offset, placed.entry.now_ms
                if staging.rows >= self._chunk_events or staging.bytes >= CHUNK_BYTES_MAX:
                    break
            else:
                offset = end
                stamp = max(stamp, source.stamp(end))
            files = self._fresh(staging) if staging.rows else []
        if files:
            self._commit([*self.held.files, *files], offset=offset, offset_ms=stamp)
        self._looked = (offset, stamp)
        return bool(files)

    def _fresh(self, staging: Staging) -> list[HistoryFile]:
        made = [self._write(day, fresh=True) for day in self._writer.load(staging)]
        self.rows_written += staging.rows
        return [file for file in made if file is not None]

    # -- what went to somebody else --------------------------------------------------------

    def _correct(self, source: Source) -> bool:
        """Entries that the state now places otherwise are taken out of all files and put in
        anew."""
        replaced = source.replaced(self.held.replaced, CHUNK_ENTRIES_MAX)
        if not replaced:
            return False
        offset_seen, stamp = self._looked
        offsets, last = set(), 0
        with self._writer.staging() as staging:
            for number, offset in replaced:
                last = number
                if offset <= offset_seen:
                    offsets.add(offset)
                    for placed in source.at([offset]):
                        staging.add(placed.rows())
                if staging.rows >= self._chunk_events or staging.bytes >= CHUNK_BYTES_MAX:
                    break
            files = self._put_anew(staging, offsets) if offsets else list(self.held.files)
        self._commit(files, replaced=last, offset=offset_seen, offset_ms=stamp)
        return True

    def _put_anew(self, staging: Staging, offsets: set[int]) -> list[HistoryFile]:
        fresh = set(self._writer.load(staging))
        low, high = min(offsets), max(offsets)
        touched: dict[str, list[HistoryFile]] = defaultdict(list)
        kept: list[HistoryFile] = []
        for file in self.held.files:
            overlaps = file.first_offset <= high and file.last_offset >= low
            (touched[file.day] if overlaps else kept).append(file)
        for day in sorted(fresh | touched.keys()):
            made = self._write(day, fresh=day in fresh, old=touched[day], without=sorted(offsets))
            kept += [made] if made is not None else []
        return kept

    # -- fewer files, and old ones ---------------------------------------------------------

    def _merge(self) -> bool:
        chosen = merging.due(self.held.files, self.held.offset_ms)
        if not chosen:
            return False
        old = chosen[0]
        gone = {file.id for file in old}
        made = self._write(old[0].day, old=old)
        kept = [file for file in self.held.files if file.id not in gone]
        self._commit([*kept, *([made] if made is not None else [])])
        return True

    def _expire(self) -> bool:
        if self._keep_days is None:
            return False
        oldest = day_of(max(0, self.held.offset_ms - self._keep_days * DAY_MS))
        kept = [file for file in self.held.files if file.day >= oldest]
        if len(kept) == len(self.held.files):
            return False
        self._commit(kept)
        return True

    # -- files and the manifest ------------------------------------------------------------

    def _write(self, day: str, *, fresh: bool = False, old: Iterable[HistoryFile] = (),
               without: Iterable[int] = ()) -> HistoryFile | None:  # fmt: skip
        number = self.held.last_file + 1
        made = self._writer.write(day, number, fresh=fresh, old=old, without=without)
        # Numbers are used once; ones used for files that a kill left behind are used again.
        self.held = msgspec.structs.replace(self.held, last_file=number)
        return made

    def _commit(self, files: list[HistoryFile], **changed: Any) -> None:
        after = msgspec.structs.replace(
            self.held, files=tuple(sorted(files, key=lambda file: (file.day, file.id))), **changed
        )
        self._manifest.commit(self.held, after, self._clock.now_ms())
        self.held = after

    def _sweep(self, *, orphans: bool = False) -> None:
        """Delete files that count no more and that no reader can still be at; `orphans`: also
        what a kill left behind, which no reader has ever heard of."""
        root, dropped = self._folder.history, dict(self._manifest.dropped())
        until_ms = self._clock.now_ms() - READERS_MS
        gone = [path for path, since_ms in dropped.items() if since_ms <= until_ms]
        for path in gone:
            (root / path).unlink(missing_ok=True)
        if gone:
            self._manifest.forget(gone)
        if orphans:
            known = dropped.keys() | {file.path for file in self.held.files}
            for file in [*root.glob("*/*"), *root.glob("*.ndjson")]:
                if file.is_file() and str(file.relative_to(root)) not in known:
                    file.unlink()
        for folder in root.iterdir():
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
