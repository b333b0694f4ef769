"""RE2 patterns in the spelling of other engines.

Rules are checked as RE2. DuckDB, BigQuery and ClickHouse run RE2 itself; what others spell in
another way is translated here, and what they do not have is refused.
"""

from __future__ import annotations

import re

from ebbline.warehouse.refusals import refused

_PIECE = re.compile(
    r"\\[pP](?:\{[^}]*\}|.)"  # a class of Unicode
    r"|\\Q.*?(?:\\E|$)"  # a quotation
    r"|\\."  # any other escape
    r"|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]"  # a class of characters
    r"|\(\?P?<\w+>|\(\?[^)]*?[:)]"  # a group that is named, does not capture, or sets flags
    r"|.",
    re.DOTALL,
)


def posix(pattern: str, dialect: str) -> str:
    """In the advanced regular expressions of PostgreSQL."""
    return _translated(pattern, dialect, _POSIX)


def java(pattern: str, dialect: str) -> str:
    """In those of Java, where `$` also stands before a last line break."""
    return _translated(pattern, dialect, _JAVA)


def without_groups(pattern: str, dialect: str) -> str:
    """Where a group always captures."""
    return _translated(pattern, dialect, _SNOWFLAKE)


_SNOWFLAKE = {"(?:": "("}
_POSIX = {".": r"[^\n]", r"\b": r"\y", r"\B": r"\Y", r"\z": r"\Z", "(?:": "(?:"}
_JAVA = {"$": r"\z", "(?:": "(?:"}


def _translated(pattern: str, dialect: str, words: dict[str, str]) -> str:
    found = []
    for number, match in enumerate(_PIECE.finditer(pattern)):
        piece = match.group()
        if piece in words:
            found.append(words[piece])
        elif re.fullmatch(r"\(\?P?<\w+>", piece):
            found.append("(")
        elif piece == "(?i)" and not number:
            found.append(piece)
        elif piece.startswith(("(?", r"\p", r"\P", r"\Q")):
            raise refused(dialect, f"{piece} in the pattern {pattern!r}")
        else:
            found.append(piece)
    return "".join(found)
