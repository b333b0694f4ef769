"""Which files of a day become one: small ones soon, all of them once the day is over.

Pure: it looks at figures and names files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from ebbline.hosts.embedded.history.limits import (
    DAY_SETTLED_MS,
    FILES_PER_DAY_MAX,
    GROWTH,
)
from ebbline.hosts.embedded.history.manifest import HistoryFile
from ebbline.hosts.embedded.history.writer import DAY_MS, day_ms

_WORTHWHILE = 16  # late rows of a settled day, as a part of all its rows, that are worth a rewrite


def due(files: Iterable[HistoryFile], now_ms: int) -> list[tuple[HistoryFile, ...]]:
    """The files to be made one, day by day, as of the history's own time."""
    days: dict[str, list[HistoryFile]] = defaultdict(list)
    for file in files:
        days[file.day].append(file)
    chosen = (_of_day(of_day, now_ms) for of_day in days.values() if len(of_day) > 1)
    return [each for each in chosen if each]


def _of_day(files: list[HistoryFile], now_ms: int) -> tuple[HistoryFile, ...]:
    by_size = sorted(files, key=lambda file: (file.rows, file.id))
    rows = sum(file.rows for file in files)
    settled = day_ms(files[0].day) + DAY_MS + DAY_SETTLED_MS <= now_ms
    if settled and (rows - by_size[-1].rows) * _WORTHWHILE >= rows:
        return tuple(files)
    if len(files) < FILES_PER_DAY_MAX:
        return ()
    taken, total = by_size[:2], by_size[0].rows + by_size[1].rows
    for file in by_size[2:]:
        if file.rows > total * GROWTH:
            break
        taken.append(file)
        total += file.rows
    return tuple(taken)
