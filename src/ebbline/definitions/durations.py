"""Lengths of time as text: `24h`, `1d12h`, `1h2m3s4ms`. A day is always 24 hours; calendar
units (months, local days) are deliberately not here."""

from __future__ import annotations

import re

UNITS_MS = {
    "w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1,
}  # fmt: skip
_WHOLE = re.compile(r"-?(?:\d{1,15}(?:ms|[smhdw]))+")
_PART = re.compile(r"(\d+)(ms|[smhdw])")


def parse_duration(text: str) -> int | None:
    """Milliseconds of a duration text, or None when it is not one.

    >>> parse_duration("1d12h")
    129600000
    """
    if not text.isascii() or not _WHOLE.fullmatch(text):
        return None
    total = sum(int(number) * UNITS_MS[unit] for number, unit in _PART.findall(text))
    return -total if text.startswith("-") else total


def format_duration(ms: int) -> str:
    """The shortest text in days, hours, minutes, seconds and milliseconds.

    >>> format_duration(129600000)
    '1d12h'
    """
    if ms == 0:
        return "0s"
    text, rest = ("-" if ms < 0 else ""), abs(ms)
    for unit in ("d", "h", "m", "s", "ms"):
        number, rest = divmod(rest, UNITS_MS[unit])
        if number:
            text += f"{number}{unit}"
    return text


def spoken_duration(ms: int) -> str:
    """The duration in words: `24 hours`, `1 day 12 hours`.

    >>> spoken_duration(86400000), spoken_duration(129600000)
    ('24 hours', '1 day 12 hours')
    """
    if ms == UNITS_MS["d"]:
        return "24 hours"  # "the last day" would suggest a calendar day
    words = {"d": "day", "h": "hour", "m": "minute", "s": "second", "ms": "millisecond"}
    parts = _PART.findall(format_duration(abs(ms)))
    spoken = [f"{n} {words[unit]}{'' if n == '1' else 's'}" for n, unit in parts]
    return ("minus " if ms < 0 else "") + " ".join(spoken)
