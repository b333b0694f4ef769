"""Buckets are even, the same for ever, and of different salts independent."""

from __future__ import annotations

from collections import Counter

import pytest

from ebbline.engine.buckets import PRIME, bucket_of, salt_numbers

PEOPLE = 20_000
SALTS = ("spring", "holdout 2026", "ü", "a" * 200)


@pytest.mark.parametrize("salt", SALTS)
def test_buckets_are_even(salt: str) -> None:
    numbers = salt_numbers(salt)
    counts = Counter(bucket_of(numbers, person, 10) for person in range(1, PEOPLE + 1))
    assert set(counts) == set(range(10))
    assert all(abs(count - PEOPLE / 10) < 0.1 * PEOPLE / 10 for count in counts.values())


def test_two_salts_have_nothing_to_do_with_each_other() -> None:
    one, other = salt_numbers("spring"), salt_numbers("autumn")
    both = sum(
        bucket_of(one, person, 10) == bucket_of(other, person, 10) == 0
        for person in range(1, PEOPLE + 1)
    )
    assert abs(both - PEOPLE / 100) < 0.3 * PEOPLE / 100


def test_a_bucket_never_changes() -> None:
    """These numbers are in people's campaigns; other ones would move everybody."""
    assert salt_numbers("spring") == (722056760, 1047745036, 1436741682, 1337504133)
    known = [bucket_of(salt_numbers("spring"), person, 100) for person in (1, 2, 3, PRIME, 10**12)]
    assert known == [97, 58, 68, 24, 18]


def test_numbers_fit_into_64_bits_on_the_way() -> None:
    """Squares of numbers below the prime do, so SQL engines need no wider ones."""
    assert PRIME * PRIME + PRIME < 2**63
    assert all(0 <= number < PRIME for salt in SALTS for number in salt_numbers(salt))
