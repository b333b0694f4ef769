"""Looks for secrets in every byte of whatever a system leaves and says."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus


def needles(secret: str) -> set[bytes]:
    """A secret as it is, escaped, in addresses, and in base64 wherever it begins in a text."""
    plain = {secret, json.dumps(secret)[1:-1], quote(secret, safe=""), quote(secret),
             quote_plus(secret), secret.encode().hex()}  # fmt: skip
    found = {text.encode() for text in plain}
    for before in range(3):
        content = bytes(before) + secret.encode()
        # Without what depends on the bytes before and behind.
        whole = base64.b64encode(content)[(before * 8 + 5) // 6 : len(content) * 8 // 6]
        found |= {whole, whole.replace(b"+", b"-").replace(b"/", b"_")}
    return found


def found_in(content: bytes, secrets: Iterable[str]) -> list[bytes]:
    """The needles that stand in a text, first of all those of the secrets themselves."""
    return sorted(needle for secret in secrets for needle in needles(secret) if needle in content)


def files_below(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file with its bytes; one that is taken away meanwhile is none."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            try:
                yield path, path.read_bytes()
            except FileNotFoundError:
                continue


def command_lines(pids: Iterable[int]) -> Iterator[tuple[Path, bytes]]:
    """What the list of processes shows of each."""
    for pid in pids:
        for name in ("cmdline", "comm"):
            path = Path(f"/proc/{pid}/{name}")
            try:
                yield path, path.read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
