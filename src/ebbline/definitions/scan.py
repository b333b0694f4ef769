"""A first look at a rule's text, before Python's own parser sees it: length, brackets, depth,
operators of other languages. It keeps every character at its offset."""

from __future__ import annotations

import re

from ebbline.definitions.findings import Problem
from ebbline.definitions.limits import RULE_DEPTH_MAX, RULE_LENGTH_MAX

_TOKEN = re.compile(
    r"(?P<string>[rR]?(?:\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'))"
    r"|(?P<comment>\#[^\n]*)"
    r"|(?P<space>[ \t\r\n\f]+)"
    r"|(?P<open>[(\[{])"
    r"|(?P<close>[)\]}])"
    r"|(?P<foreign>&&|\|\||<>|!(?!=)|===|!==)"
    r"|(?P<word>\w+)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_PAIRS = {")": "(", "]": "[", "}": "{"}
_FOREIGN = {
    "&&": "write and",
    "||": "write or",
    "!": "write not",
    "<>": "write !=",
    "===": "write ==",
    "!==": "write !=",
}


def scan(text: str) -> tuple[str, tuple[Problem, ...]]:
    """The text with line breaks and comments blanked outside strings, and what is wrong
    with it so far. Same length, same offsets."""
    if len(text) > RULE_LENGTH_MAX:
        message = f"the rule is {len(text)} characters long, at most {RULE_LENGTH_MAX} are read"
        return "", (Problem(0, 1, "rule_too_long", message),)
    if not text.strip():
        return "", (Problem(0, 1, "empty_rule", "the rule is empty"),)
    pieces: list[str] = []
    problems: list[Problem] = []
    opened: list[tuple[str, int]] = []
    for match in _TOKEN.finditer(text):
        kind, piece, at = match.lastgroup, match.group(), match.start()
        if kind == "foreign":
            hint = _FOREIGN[piece]
            problems.append(Problem(at, len(piece), "syntax", f"unexpected {piece}", hint))
        elif kind == "open":
            opened.append((piece, at))
            if len(opened) == RULE_DEPTH_MAX + 1:
                message = f"brackets are nested deeper than {RULE_DEPTH_MAX}"
                problems.append(Problem(at, 1, "too_deep", message))
        elif kind == "close":
            problem = _close(opened, piece, at)
            if problem is not None:
                problems.append(problem)
        pieces.append(" " * len(piece) if kind in ("comment", "space") else piece)
    problems += [Problem(at, 1, "syntax", f"{piece} is never closed") for piece, at in opened]
    return "".join(pieces), tuple(problems)


def _close(opened: list[tuple[str, int]], piece: str, at: int) -> Problem | None:
    if not opened:
        return Problem(at, 1, "syntax", f"{piece} closes nothing")
    bracket, _ = opened.pop()
    if bracket != _PAIRS[piece]:
        return Problem(at, 1, "syntax", f"{piece} closes {bracket}")
    return None
