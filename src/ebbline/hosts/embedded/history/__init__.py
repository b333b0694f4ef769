"""History: every event by person and day in Parquet files behind the log, and how to read it.

The log stays the truth: what lies here can be written again from it at any time. DuckDB is
imported where it is used, so nothing here is heavy before there is something to write or read.
"""

from ebbline.hosts.embedded.history.historian import Historian
from ebbline.hosts.embedded.history.manifest import HistoryFile, Manifest, Snapshot
from ebbline.hosts.embedded.history.reader import History, Page, place_text, read_place

__all__ = [
    "Historian",
    "History",
    "HistoryFile",
    "Manifest",
    "Page",
    "Snapshot",
    "place_text",
    "read_place",
]
