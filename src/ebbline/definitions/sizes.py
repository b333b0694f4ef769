"""Amounts of bytes as text: `1.5GB`, `512MiB`. K, M, G and T are thousands; with an i, 1,024s."""

from __future__ import annotations

import re
from fractions import Fraction

UNITS = {
    "B": 1,
    **{unit + "B": 1_000**power for power, unit in enumerate("KMGT", 1)},
    **{unit + "iB": 1_024**power for power, unit in enumerate("KMGT", 1)},
}
_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,6})?) ?([KMGT]i?B|B)")


def parse_size(text: str) -> int | None:
    """Bytes of an amount as text, or None when it is not one.

    >>> parse_size("1.5GB"), parse_size("64 MiB"), parse_size("many")
    (1500000000, 67108864, None)
    """
    found = _SIZE.fullmatch(text) if text.isascii() else None
    return None if found is None else int(Fraction(found[1]) * UNITS[found[2]])


def format_size(size: int) -> str:
    """The shortest exact text.

    >>> format_size(1_500_000_000), format_size(1 << 30), format_size(1_500_001)
    ('1500MB', '1GiB', '1500001B')
    """
    texts = [f"{size // worth}{unit}" for unit, worth in UNITS.items() if size % worth == 0]
    return min(texts, key=len)
