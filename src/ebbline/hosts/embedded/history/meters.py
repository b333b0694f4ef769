"""What the historian counts."""

from __future__ import annotations

from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from ebbline.hosts.embedded.history.historian import Historian
from ebbline.hosts.embedded.processes.metrics import MetricsFile

_STEP_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class HistoryMeters:
    """The figures of the history process, in its metrics file."""

    def __init__(self, registry: CollectorRegistry, path: Path) -> None:
        self._file = MetricsFile(registry, path)
        self._rows = Counter(
            "ebbline_history_rows", "Events written since the process started", registry=registry
        )
        self._offset = Gauge(
            "ebbline_history_log_offset", "Log entry up to which events are in files",
            registry=registry,
        )  # fmt: skip
        self._lag = Gauge(
            "ebbline_history_lag_entries", "Log entries that were folded and not looked at yet",
            registry=registry,
        )  # fmt: skip
        self._files = Gauge("ebbline_history_files", "Parquet files", registry=registry)
        self.step_seconds = Histogram(
            "ebbline_history_step_seconds", "Seconds of one round of writing or merging",
            buckets=_STEP_SECONDS, registry=registry,
        )  # fmt: skip
        self._counted = 0

    def write(self, historian: Historian) -> float | None:
        """Bring the figures up to the historian and the file up to the figures; as
        `MetricsFile.write`."""
        self._rows.inc(historian.rows_written - self._counted)
        self._counted = historian.rows_written
        self._offset.set(historian.held.offset)
        self._lag.set(historian.lag())
        self._files.set(len(historian.held.files))
        return self._file.write()
