"""Carrying out what the command line asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ebbline.delivery import revive
from ebbline.delivery.address import parse_address
from ebbline.hosts.embedded.deliver.commands import Retry, Spool
from ebbline.hosts.embedded.deliver.station import Station
from ebbline.hosts.embedded.deliver.store import DeliveryStore


def carry_out(
    spool: Spool, store: DeliveryStore, stations: Mapping[str, Station], now_ms: int
) -> list[Path]:
    """Do what waits in the spool; the files to remove once that is written down."""
    done: list[Path] = []
    for path, order in spool.waiting():
        if order is not None:
            _retry(order, store, stations, now_ms)
        done.append(path)
    return done


def _retry(
    order: Retry, store: DeliveryStore, stations: Mapping[str, Station], now_ms: int
) -> None:
    for name, text, field in store.dead(order.attempt):
        station = stations.get(name)
        if station is not None:
            revive(station.lane, parse_address(text), field, now_ms)
    if order.attempt is None:
        for station in stations.values():
            station.lane.breaker.disabled = False
            station.lane.breaker.succeeded()
