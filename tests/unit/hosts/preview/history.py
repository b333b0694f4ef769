"""Some days of the simulated shop as a file that `import` takes."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ebbline.console.shop import Shop
from ebbline.testing import START_MS

DAY_MS = 86_400_000
PEOPLE = 150


def history(file: Path, seed: int = 7) -> int:
    """Write what the shop has seen until its first day ends; that instant."""
    shop = Shop(seed, PEOPLE, START_MS)
    end_ms = START_MS + DAY_MS
    calls = [*shop.history(), *shop.calls(START_MS, end_ms)]
    lines = []
    for call in calls:
        at = call.get("timestamp")
        lines.append(msgspec.json.encode({"receivedAt": at, **call}))
    file.write_bytes(b"\n".join(lines))
    return end_ms
