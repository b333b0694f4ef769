"""What collecting counts, in the registry it is given."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ebbline.events.event import Rejection

_COMMIT_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_BY_CODE = {
    "ebbline_collect_rejected": "Items put into the quarantine",
    "ebbline_collect_unkept": "Items refused and counted only",
}
_GROUP_EVENTS = (1, 2, 5, 10, 20, 50, 100, 250, 500, 1_000, 2_500, 10_000)


class Meters:
    """Counters and gauges of one collector; labels come from fixed sets only.

    What is counted for each request is counted in plain numbers and put into words when somebody
    looks: a metric object costs as much as a tenth of the request.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._requests: dict[tuple[str, int], int] = {}
        self._counted: dict[tuple[str, str], int] = {}
        self._events = 0
        self._bytes = 0
        self._waiting: Callable[[], tuple[int, int]] = lambda: (0, 0)
        registry.register(_Counted(self._families))
        self._commit_seconds = Histogram(
            "ebbline_collect_commit_seconds",
            "Seconds per write of the log",
            buckets=_COMMIT_SECONDS,
            registry=registry,
        )
        self._commit_events = Histogram(
            "ebbline_collect_commit_events",
            "Events and rejections per write of the log",
            buckets=_GROUP_EVENTS,
            registry=registry,
        )
        self._log_ahead = Gauge(
            "ebbline_collect_log_ahead_seconds",
            "Seconds the log's clock is ahead of the machine's",
            registry=registry,
        )

    def answered(self, endpoint: str, status: int) -> None:
        """One request is answered."""
        key = (endpoint, status)
        self._requests[key] = self._requests.get(key, 0) + 1

    def stored(self, events: int, rejections: Iterable[Rejection], size_bytes: int) -> None:
        """One body's events and rejections are durable."""
        self._events += events
        self._bytes += size_bytes
        for rejection in rejections:
            self._count("ebbline_collect_rejected", rejection.code)

    def unkept(self, rejections: Iterable[Rejection]) -> None:
        """These were refused, and the quarantine has no room for more of their kind."""
        for rejection in rejections:
            self._count("ebbline_collect_unkept", rejection.code)

    def log_ahead(self, seconds: Callable[[], float]) -> None:
        """Where to ask how far the log's clock is ahead."""
        self._log_ahead.set_function(seconds)

    def queue(self, waiting: Callable[[], tuple[int, int]]) -> None:
        """Where to ask how many events wait for their write, and the bytes behind them."""
        self._waiting = waiting

    @contextmanager
    def commit(self, count: int) -> Iterator[None]:
        """Times one write."""
        self._commit_events.observe(count)
        with self._commit_seconds.time():
            yield

    def text(self) -> bytes:
        """Everything in the registry, in the Prometheus text format."""
        return generate_latest(self._registry)

    def _count(self, name: str, code: str) -> None:
        key = (name, code)
        self._counted[key] = self._counted.get(key, 0) + 1

    def _families(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "ebbline_collect_requests", "Requests answered", labels=("endpoint", "status")
        )
        for (endpoint, status), count in sorted(self._requests.items()):
            requests.add_metric((endpoint, str(status)), count)
        yield requests
        for name, words in _BY_CODE.items():
            family = CounterMetricFamily(name, words, labels=("code",))
            for (of, code), count in sorted(self._counted.items()):
                if of == name:
                    family.add_metric((code,), count)
            yield family
        yield CounterMetricFamily(
            "ebbline_collect_events", "Events stored before their answer", value=self._events
        )
        yield CounterMetricFamily(
            "ebbline_collect_body_bytes", "Bytes of bodies, decompressed", value=self._bytes
        )
        events, size_bytes = self._waiting()
        yield GaugeMetricFamily(
            "ebbline_collect_queue_events", "Events waiting for their write", value=events
        )
        yield GaugeMetricFamily(
            "ebbline_collect_queue_bytes", "Bytes behind the queued events", value=size_bytes
        )


class _Counted(Collector):
    """The plain numbers as the registry wants them."""

    def __init__(self, families: Callable[[], Iterator[Metric]]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """Everything, as it stands now."""
        return self._families()
