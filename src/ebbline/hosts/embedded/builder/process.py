"""The builder's loop: sleeps until a version is proposed, builds its state beside the live one,
hands it to the engine. Whatever goes wrong here, the live version goes on."""

from __future__ import annotations

import gc
import os
import select
from functools import partial

import structlog
from prometheus_client import CollectorRegistry, Gauge

from ebbline.hosts.embedded import named_bell
from ebbline.hosts.embedded.builder import Builder, Progress
from ebbline.hosts.embedded.clock import Clock, clock_from
from ebbline.hosts.embedded.processes.metrics import MetricsFile
from ebbline.hosts.embedded.processes.settings import ChildSettings, metrics_file
from ebbline.hosts.embedded.processes.stopping import Signals, Stop

_STATES = ("none", "building", "ready", "failed")


def build_until_told(settings: ChildSettings, signals: Signals) -> None:
    """Build what is proposed until SIGTERM."""
    folder, clock = settings.data_folder(), clock_from(os.environ)
    bell = named_bell.listen(folder.builder_bell)
    builder = Builder(folder, clock)
    registry = CollectorRegistry()
    meters = _Meters(registry, MetricsFile(registry, metrics_file(folder, "builder")), clock)
    said: tuple[int, str] | None = None
    try:
        while not signals.stopping:
            more = builder.step()
            said = _tell(builder.progress, said)
            unwritten = meters.write(builder.progress)
            if not more:
                gc.collect()
                signals.sleep(partial(_wait, bell, unwritten))
    except Stop:
        pass
    builder.close()


def _wait(bell: int, seconds: float | None) -> None:
    select.select([bell], [], [], seconds)
    named_bell.drain(bell)


def _tell(progress: Progress | None, said: tuple[int, str] | None) -> tuple[int, str] | None:
    """One line in the log for each turn that a build takes."""
    if progress is None or (progress.version, progress.state) == said:
        return said
    log = structlog.get_logger()
    if progress.state == "failed":
        log.error("build failed", version=progress.version, reason=progress.error)
    else:
        log.info(progress.state, version=progress.version, offset=progress.offset)
    return progress.version, progress.state


class _Meters:
    """What a build shows of itself."""

    def __init__(self, registry: CollectorRegistry, file: MetricsFile, clock: Clock) -> None:
        self._file, self._clock = file, clock
        self._state = Gauge(
            "ebbline_build_state", "1 for the state that the build of a new version is in",
            ("state",), registry=registry,
        )  # fmt: skip
        self._version = Gauge("ebbline_build_version", "Version being built", registry=registry)
        self._events = Gauge("ebbline_build_events", "Events folded into it", registry=registry)
        self._all = Gauge("ebbline_build_events_all", "Events in the log", registry=registry)
        self._age = Gauge("ebbline_build_age_seconds", "Since its proposal", registry=registry)

    def write(self, progress: Progress | None) -> float | None:
        """Bring the file up to the build; see `MetricsFile.write`."""
        state = "none" if progress is None else progress.state
        for each in _STATES:
            self._state.labels(each).set(each == state)
        if progress is not None:
            self._version.set(progress.version)
            self._events.set(progress.events)
            self._all.set(progress.events_all)
            self._age.set((self._clock.now_ms() - progress.started_ms) / 1000)
        return self._file.write()
