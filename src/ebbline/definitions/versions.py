"""Versions of software as text, such as `2.10` or `v1.4.0-beta`, to numbers that compare.

What follows a `-` or `+` says nothing about the order here; a part that is not written is 0.
"""

from __future__ import annotations

import re

Version = tuple[int, int, int, int]

_SHAPE = re.compile(
    r"v?([0-9]{1,9})(?:\.([0-9]{1,9}))?(?:\.([0-9]{1,9}))?(?:\.([0-9]{1,9}))?(?:[-+].*)?",
    re.DOTALL,
)


def parse_version(text: str) -> Version | None:
    """The four numbers of a version, or None when the text is none.

    >>> parse_version("v2.10-rc1"), parse_version("2.x")
    ((2, 10, 0, 0), None)
    """
    found = _SHAPE.fullmatch(text)
    if found is None:
        return None
    major, minor, patch, build = (int(part or 0) for part in found.groups())
    return major, minor, patch, build
