"""Timestamps of every shape that SDKs write."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ebbline.events.times import read_time, to_ms

NOON_MS = 1_767_268_800_000


@pytest.mark.parametrize(
    ("text", "expected_ms"),
    [
        ("2026-01-01T12:00:00.000Z", NOON_MS),
        ("2026-01-01T12:00:00Z", NOON_MS),
        ("2026-01-01T12:00Z", NOON_MS),
        ("2026-01-01t12:00:00z", NOON_MS),
        ("2026-01-01 12:00:00", NOON_MS),
        ("2026-01-01T12:00:00", NOON_MS),
        ("2026-01-01T12:00:00+00:00", NOON_MS),
        ("2026-01-01T12:00:00.000000+00:00", NOON_MS),
        ("2026-01-01T14:00:00+02:00", NOON_MS),
        ("2026-01-01T14:00:00+0200", NOON_MS),
        ("2026-01-01T06:30:00.5-05:30", NOON_MS + 500),
        ("2026-01-01T12:00:00.123456789Z", NOON_MS + 123),
        ("2026-01-01T12:00:00,123Z", NOON_MS + 123),
        ("20260101T120000Z", NOON_MS),
        (" 2026-01-01T12:00:00Z ", NOON_MS),
        ("2026-01-01", NOON_MS - 12 * 3_600_000),
    ],
)
def test_shapes(text, expected_ms):
    assert to_ms(read_time(text)) == expected_ms


@pytest.mark.parametrize(
    "text", ["", "yesterday", "1767268800", "1767268800000", "20260101", "2026-13-01", "12:00"]
)
def test_not_a_time(text):
    assert read_time(text) is None


@example(4_398_046_511_092, 999)
@given(st.integers(0, 7_258_118_400_000), st.integers(0, 999))
def test_milliseconds_are_exact(ms, microseconds):
    seconds, rest = divmod(ms, 1000)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000 + microseconds)
    assert to_ms(moment) == ms


@given(st.text())
def test_never_raises(text):
    moment = read_time(text)
    if moment is not None:
        to_ms(moment)
