"""Figures of the processes that have no port: written to a file now and then, read by collect.

A file is written after work, at most once a second, so an idle system writes nothing.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from ebbline.hosts.embedded.limits import METRICS_SECONDS_MIN

if TYPE_CHECKING:  # the engine and all it needs: other processes start without it
    from ebbline.hosts.embedded.state.fold import Fold

_STEP_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class MetricsFile:
    """One registry, written as Prometheus text to one file."""

    def __init__(self, registry: CollectorRegistry, path: Path) -> None:
        self._registry = registry
        self._path = path
        self._written = 0.0

    def write(self) -> float | None:
        """Write, unless that was done within the last second: then the seconds until it may be
        done again. A reader never sees half a file."""
        now = time.monotonic()
        early = self._written + METRICS_SECONDS_MIN - now
        if early > 0:
            return early
        self._written = now
        draft = self._path.with_suffix(".new")
        with contextlib.suppress(OSError):  # figures may be old; work goes on, on a full disk too
            draft.write_bytes(generate_latest(self._registry))
            draft.rename(self._path)
        return None


class EngineMeters:
    """What the engine counts."""

    def __init__(self, registry: CollectorRegistry, path: Path) -> None:
        self._file = MetricsFile(registry, path)
        self._taken = Counter(
            "ebbline_engine", "What the fold has counted since the process started", ("what",),
            registry=registry,
        )  # fmt: skip
        self._offset = Gauge("ebbline_engine_log_offset", "Log entry folded", registry=registry)
        self._identity = Gauge(
            "ebbline_identity", "What happened to who is who since the folder began", ("what",),
            registry=registry,
        )  # fmt: skip
        self._behind = Gauge(
            "ebbline_engine_behind_seconds", "How long the first wake that is due has waited",
            registry=registry,
        )  # fmt: skip
        self._ledger = Gauge("ebbline_engine_ledger_seq", "Ledger rows", registry=registry)
        self._people = Gauge(
            "ebbline_engine_people_in_memory", "People kept decoded", registry=registry
        )
        self.step_seconds = Histogram(
            "ebbline_engine_step_seconds", "Seconds per turn of the engine",
            buckets=_STEP_SECONDS, registry=registry,
        )  # fmt: skip
        self._last: dict[str, int] = {}

    def write(self, fold: Fold) -> float | None:
        """Bring the figures up to the fold and the file up to the figures; see `MetricsFile`."""
        for what, count in fold.counts.items():
            self._taken.labels(what).inc(count - self._last.get(what, 0))
            self._last[what] = count
        for what, count in fold.figures.items():
            self._identity.labels(what).set(count)
        behind_ms = fold.now_ms - fold.next_due() if fold.is_behind else 0
        self._behind.set(behind_ms / 1000)
        self._offset.set(fold.offset)
        self._ledger.set(fold.rows.seq)
        self._people.set(fold.people.in_memory())
        return self._file.write()
