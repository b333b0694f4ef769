"""What is wrong in a project file and where: located findings and their rendering.

A `Problem` points into one rule's text; a `Finding` points into a file. Nothing here decides
what counts as wrong.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import Literal as OneOf

import msgspec

SHOWN_MAX = 120  # characters of a line that a rendering shows
Severity = OneOf["error", "warning"]


class Problem(msgspec.Struct, frozen=True):
    """Something wrong in a text: character offset, length, stable code, message and hint."""

    start: int
    length: int
    code: str
    message: str
    hint: str = ""
    severity: Severity = "error"


class Finding(msgspec.Struct, frozen=True):
    """Something wrong in a file. Line and column count from 1, the column in characters;
    `text` is that line; line 0 means the file as a whole."""

    file: str
    line: int
    column: int
    length: int
    severity: Severity
    code: str
    message: str
    text: str = ""
    hint: str = ""

    def __str__(self) -> str:
        """The finding as people read it, see `render`."""
        return render(self)


def locate(
    problem: Problem, file: str, source: str, at: Callable[[int], int] | None = None
) -> Finding:
    """The finding of a problem in `source`; `at` maps the problem's offsets into the source
    when the problem points into a part of it (a rule inside a YAML file)."""
    start = at(problem.start) if at else problem.start
    last = problem.start + max(problem.length, 1) - 1
    end = (at(last) if at else last) + 1
    start = max(0, min(start, len(source)))
    line = source.count("\n", 0, start)
    begin = source.rfind("\n", 0, start) + 1
    stop = source.find("\n", begin)
    text = source[begin : len(source) if stop < 0 else stop].rstrip("\r")
    column = start - begin
    length = max(1, min(end - start, len(text) - column))
    return Finding(
        file, line + 1, column + 1, length,
        problem.severity, problem.code, problem.message, text, problem.hint,
    )  # fmt: skip


def whole_file(file: str, code: str, message: str, hint: str = "") -> Finding:
    """An error about a file as a whole (missing, unreadable, too large)."""
    return Finding(file, 0, 0, 0, "error", code, message, "", hint)


def render(finding: Finding) -> str:
    """`file:line:column: severity: message`, the line itself and carets under the place."""
    place = ":".join(
        part
        for part in (
            finding.file,
            str(finding.line) if finding.line else "",
            str(finding.column) if finding.line else "",
        )
        if part
    )
    head = f"{finding.severity}: {finding.message}"
    head = f"{place}: {head}" if place else head
    if not finding.text.strip():
        return f"{head}\n    {finding.hint}" if finding.hint else head
    shown, at, length = _excerpt(finding)
    hint = f" {finding.hint}" if finding.hint else ""
    return f"{head}\n    {shown}\n    {' ' * at}{'^' * length}{hint}"


def _excerpt(finding: Finding) -> tuple[str, int, int]:
    """The line without its indentation, cut around the place when it is long."""
    text = "".join(char if char.isprintable() else " " for char in finding.text)
    indent = len(text) - len(text.lstrip())
    text, at = text.strip(), max(0, finding.column - 1 - indent)
    if at > SHOWN_MAX // 2 and len(text) > SHOWN_MAX:
        cut = at - SHOWN_MAX // 2
        text, at = "…" + text[cut:], SHOWN_MAX // 2 + 1
    if len(text) > SHOWN_MAX:
        text = text[:SHOWN_MAX] + "…"
    return text, at, max(1, min(finding.length, len(text) - at))


def render_all(findings: Iterable[Finding]) -> str:
    """All findings, in the order of their places."""
    return "\n".join(render(finding) for finding in in_order(findings))


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings by file, line and column, each once."""
    seen = {(f.file, f.line, f.column, f.code, f.message): f for f in findings}
    return tuple(seen[key] for key in sorted(seen))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, when one is alike enough to be meant."""
    by_fold: dict[str, str] = {}
    for candidate in known:
        by_fold.setdefault(candidate.casefold(), candidate)
    found = difflib.get_close_matches(name.casefold(), by_fold, n=1, cutoff=0.75)
    return by_fold[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str], quoted: bool = True) -> str:
    """The hint naming the nearest known name, or an empty text."""
    near = nearest(name, known)
    if near is None or near == name:
        return ""
    return f'did you mean "{near}"?' if quoted else f"did you mean {near}?"
