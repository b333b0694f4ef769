"""Which failures pass by themselves or when a person makes room: a full disk, a stuck neighbour.

A process that meets one ends where its last commit left it and is started again, after longer
and longer pauses, until the trouble is over. Everything else is a bug or a wrong set-up.
"""

from __future__ import annotations

import errno

import apsw

from ebbline.hosts.embedded.log import LogUnavailable

NO_ROOM = frozenset([errno.ENOSPC, errno.EDQUOT, errno.EFBIG])


def passing_trouble(error: Exception) -> str | None:
    """A sentence about a failure that a later start may not meet; None for any other.

    >>> passing_trouble(OSError(errno.ENOSPC, "No space left on device"))
    'The disk of the data folder takes no more (No space left on device). Make room on it.'
    >>> passing_trouble(ValueError("a bug"))
    """
    if isinstance(error, LogUnavailable):
        return str(error)
    if isinstance(error, apsw.FullError | apsw.IOError):
        return _full(str(error))
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return _full(error.strerror or str(error))
    if isinstance(error, apsw.BusyError):
        return f"A database of the data folder is held by somebody else ({error})."
    return None


def _full(words: str) -> str:
    return f"The disk of the data folder takes no more ({words}). Make room on it."
