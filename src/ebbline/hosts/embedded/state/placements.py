"""Which profile each event went to, packed: one row of `placements` for a log entry.

The numbers stand in the entry's order, 0 for an event that was dropped as a duplicate or names
nobody. They are what was true when the event was folded; merges since then are in `merged`.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable

_NARROW, _WIDE = "I", "q"  # four bytes while the numbers fit, which they do for four billion people
_WIDE_MARK = b"\x08"
_BIG_ENDIAN = sys.byteorder == "big"


def pack(profiles: list[int]) -> bytes:
    """Profile numbers as little-endian bytes: four for each; eight, and one more byte at the
    end to say so, where one is too large.

    >>> pack([1, 0, 258]).hex(), len(pack([1, 2**40]))
    ('010000000000000002010000', 17)
    """
    try:
        packed = array(_NARROW, profiles)
    except OverflowError:
        packed = array(_WIDE, profiles)
    if _BIG_ENDIAN:
        packed.byteswap()
    return packed.tobytes() if packed.typecode == _NARROW else packed.tobytes() + _WIDE_MARK


def unpack(packed: bytes) -> array[int]:
    """The numbers of an entry, one for each of its events.

    >>> list(unpack(pack([1, 0, 258]))), list(unpack(pack([1, 2**40])))
    ([1, 0, 258], [1, 1099511627776])
    """
    wide = len(packed) % 4 != 0
    found = array(_WIDE, packed[:-1]) if wide else array(_NARROW, packed)
    if _BIG_ENDIAN:
        found.byteswap()
    return found


def holds(packed: bytes, profiles: Iterable[int]) -> bool:
    """Whether any of some people may stand in a packed entry, without unpacking it. True for
    everybody who does; of others, only where numbers need eight bytes.

    >>> holds(pack([7, 8]), [8]), holds(pack([256, 256]), [1]), holds(pack([1, 2**40]), [2**40])
    (True, False, True)
    """
    for profile in profiles:
        # The lower half of a wide number stands where a narrow one may stand.
        wanted = profile.to_bytes(4 if profile.bit_length() <= 32 else 8, "little")
        at = packed.find(wanted)
        while at >= 0:
            if at % 4 == 0:
                return True
            at = packed.find(wanted, at + 1)
    return False
