"""Collecting: events over HTTP, on disk before they are acknowledged."""

from ebbline.hosts.embedded.collect.app import CollectApp, collect_app
from ebbline.hosts.embedded.collect.connection import connection_type
from ebbline.hosts.embedded.collect.group_commit import GroupCommit
from ebbline.hosts.embedded.collect.limits import Limits
from ebbline.hosts.embedded.collect.log_clock import LogClock
from ebbline.hosts.embedded.collect.meters import Meters
from ebbline.hosts.embedded.collect.ports import (
    Appender,
    DiskFull,
    LogWriter,
    NotStored,
    Overloaded,
)

__all__ = [
    "Appender",
    "CollectApp",
    "DiskFull",
    "GroupCommit",
    "Limits",
    "LogClock",
    "LogWriter",
    "Meters",
    "NotStored",
    "Overloaded",
    "collect_app",
    "connection_type",
]
