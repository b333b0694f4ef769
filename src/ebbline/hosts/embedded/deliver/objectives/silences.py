"""Silences: until when nobody is told of a destination's alarms. A small file in the data folder.

Written by the command line, read by deliver at each look: delivery.db has one writer.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

_FILE = "slo-silences.json"
_decode = msgspec.json.Decoder(dict[str, int]).decode


def read_silences(folder: Path) -> dict[str, int]:
    """UTC milliseconds by destination; a file that is not there or broken silences nobody."""
    try:
        return _decode((folder / _FILE).read_bytes())
    except (OSError, msgspec.DecodeError):
        return {}


def silence(folder: Path, destination: str, until_ms: int, now_ms: int) -> None:
    """Silence a destination until an instant; one that has passed ends its silence. Silences
    that are over are forgotten."""
    kept = {name: until for name, until in read_silences(folder).items() if until > now_ms}
    kept[destination] = until_ms
    if until_ms <= now_ms:
        del kept[destination]
    draft = folder / f".{_FILE}"
    draft.write_bytes(msgspec.json.encode(kept))
    draft.replace(folder / _FILE)
