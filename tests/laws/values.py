"""When two values count as the same in a law."""

from __future__ import annotations

from typing import Any

SCORE_ERROR = 2e-9
"""Scores are rounded to 1e-9 on either side of the comparison."""


def alike(left: Any, right: Any) -> bool:
    """Equal, numbers within the error of a score; a boolean is no number."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return abs(left - right) <= max(SCORE_ERROR, abs(right) * 1e-12)
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(alike, left, right))
    return bool(left == right)
