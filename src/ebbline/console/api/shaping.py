"""Between the records inside and the shapes outside: instants, texts, bytes."""

from __future__ import annotations

from typing import Any

import msgspec

from ebbline.console.api.limits import INSTANT_MS_MAX
from ebbline.console.api.problems import Trip
from ebbline.console.output import iso as _iso
from ebbline.definitions.moments import parse_moment

_encoder = msgspec.json.Encoder()
encode = _encoder.encode


def iso(ms: int | None) -> str | None:
    """An instant for machines; None for none, and for one beyond the calendar."""
    return None if ms is None else _iso(ms)


def since(ms: int) -> str | None:
    """As `iso`, where 0 means never."""
    return iso(ms) if ms else None


def instant(text: str | None, where: str) -> int | None:
    """UTC milliseconds of an instant as people write it; a Trip for anything else."""
    if text is None:
        return None
    found = parse_moment(text.strip())
    if found is None or not 0 <= found <= INSTANT_MS_MAX:
        raise Trip(
            "invalid",
            f'{where}: "{text}" is no instant between 1970 and 2262; write one like'
            " 2026-05-01T12:00:00Z or 2026-05-01 (without a zone it is UTC).",
        )
    return found


def values(found: Any, kinds: dict[str, str]) -> dict[str, Any]:
    """Computed traits for machines: timestamps as instants."""
    return {
        name: iso(value) if kinds.get(name) == "timestamp" and isinstance(value, int) else value
        for name, value in found.items()
    }
