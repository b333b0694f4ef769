"""Segment's browser library as files of its npm package, which is not part of this one.

`EBBLINE_BROWSER_LIBRARY` names the folder of the unpacked package `@segment/analytics-next`. The
entry gets the write key put in where the package leaves a place for it; its parts are served as
they are. Read once, kept in memory while the file does not change.
"""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Final

import msgspec

from ebbline.hosts.embedded.collect.limits import LIBRARY_FILE_BYTES_MAX, LIBRARY_FILES_MAX

LIBRARY_VARIABLE: Final = "EBBLINE_BROWSER_LIBRARY"
HOW: Final = (
    "the browser library is not installed on this host: run `npm install @segment/analytics-next`"
    f" and set {LIBRARY_VARIABLE} to the folder node_modules/@segment/analytics-next"
)

_ENTRY: Final = "standalone.js"
_PLACE: Final = b"__WRITE_KEY__"
_PART: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*\.js(\.map)?")
_KEY: Final = re.compile(r"[A-Za-z0-9._~-]{1,200}")


class File(msgspec.Struct, frozen=True):
    """A file as it is sent, plain and gzipped."""

    plain: bytes
    gzipped: bytes


class Library:
    """The files of one folder; blocking, so it is asked from a thread."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._kept: dict[tuple[str, int, int, str], File] = {}

    def present(self) -> bool:
        """Whether there is an entry to load."""
        return self._path(_ENTRY) is not None

    def entry(self, write_key: str) -> File | None:
        """The library for one write key; None when it is not installed."""
        # It is put into a script between quotes: nothing that could end the quotes may be in it.
        # A page's loader says the key as well, so an odd one is left to it.
        return self._file(_ENTRY, write_key if _KEY.fullmatch(write_key) else "")

    def part(self, name: str) -> File | None:
        """One of the parts that the library loads when it needs them."""
        return self._file(name, "") if _PART.fullmatch(name) else None

    def _path(self, name: str) -> Path | None:
        if self._folder is None:
            return None
        places = (self._folder / "dist" / "umd" / name, self._folder / name)
        return next((place for place in places if place.is_file()), None)

    def _file(self, name: str, write_key: str) -> File | None:
        path = self._path(name)
        if path is None:
            return None
        about = path.stat()
        if about.st_size > LIBRARY_FILE_BYTES_MAX:
            return None
        known = (name, about.st_mtime_ns, about.st_size, write_key)
        found = self._kept.get(known)
        if found is None:
            content = path.read_bytes()
            if write_key:
                content = content.replace(_PLACE, write_key.encode())
            found = File(content, gzip.compress(content, 6, mtime=0))
            if len(self._kept) >= LIBRARY_FILES_MAX:
                self._kept.clear()
            self._kept[known] = found
        return found
