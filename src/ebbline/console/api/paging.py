"""Cursors: where a page of members ended, and of which audience."""

from __future__ import annotations

from ebbline.console.api.limits import ID_MAX
from ebbline.console.api.problems import Trip


def read_cursor(text: str | None) -> int:
    """The profile behind which a page begins, 0 for the first; a Trip for what is no cursor."""
    if text is None:
        return 0
    if not (text.isascii() and text.isdecimal()) or int(text) > ID_MAX:
        raise Trip("invalid", f'cursor: "{text}" is none; copy it from `next` of a page.')
    return int(text)
