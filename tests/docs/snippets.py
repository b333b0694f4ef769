"""Fenced blocks of a Markdown page: what language they say they are, their line and text."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(?P<language>\S*)[ ]*\n(?P<text>.*?)^```[ ]*$", re.MULTILINE | re.DOTALL)


class Snippet(msgspec.Struct, frozen=True):
    """One block."""

    page: str
    line: int
    language: str
    text: str


def snippets(page: str, languages: set[str]) -> list[Snippet]:
    """The blocks of those languages, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [
        Snippet(page, text.count("\n", 0, found.start()) + 2, found["language"], found["text"])
        for found in FENCE.finditer(text)
        if found["language"] in languages
    ]


def pages() -> list[str]:
    """Every page of the documentation, from the root down."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return sorted(str(path.relative_to(ROOT)) for path in found)


def headings(page: str) -> list[str]:
    """The headings of a page, without their hashes."""
    text = FENCE.sub("", (ROOT / page).read_text(encoding="utf-8"))
    return re.findall(r"^#+ (.*)$", text, re.MULTILINE)
