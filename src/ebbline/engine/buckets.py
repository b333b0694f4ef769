"""Buckets: the same even spread of people over numbers, in Python and in SQL.

A salt gives four numbers; a profile's id goes through a line and two squares modulo a prime, which
takes no more than whole numbers of 64 bits. Not a secret: only a spread.
"""

from __future__ import annotations

from hashlib import blake2b

PRIME = 2**31 - 1

Numbers = tuple[int, int, int, int]


def salt_numbers(salt: str) -> Numbers:
    """The four numbers below `PRIME` that a salt stands for; the first is not 0.

    >>> salt_numbers("spring")
    (722056760, 1047745036, 1436741682, 1337504133)
    """
    digest = blake2b(salt.encode(), digest_size=16).digest()
    a, b, c, d = (int.from_bytes(digest[at : at + 4], "big") % PRIME for at in (0, 4, 8, 12))
    return a or 1, b, c, d


def bucket_of(numbers: Numbers, profile_id: int, buckets: int) -> int:
    """The bucket of a profile, from 0 to `buckets - 1`.

    >>> [bucket_of(salt_numbers("spring"), profile_id, 100) for profile_id in (1, 2, 3)]
    [97, 58, 68]
    """
    a, b, c, d = numbers
    x = (a * (profile_id % PRIME) + b) % PRIME
    x = (x * x + c) % PRIME
    x = (x * x + d) % PRIME
    return x % buckets
