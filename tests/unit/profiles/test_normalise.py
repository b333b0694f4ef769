"""One spelling per identifier; what identifies nobody is None."""

from __future__ import annotations

from typing import Any

import pytest

from ebbline.profiles.limits import IDENTIFIER_CHARS_MAX
from ebbline.profiles.normalise import email, identifier, phone, plain


@pytest.mark.parametrize(
    "value",
    [
        "", "   ", "null", "NULL", " Null ", "undefined", "none", "None", "anonymous",
        "ANONYMOUS", "-1", "0", "000", "-", "---", "0-0", "00000000-0000-0000-0000-000000000000",
        "x" * (IDENTIFIER_CHARS_MAX + 1),
    ],
)  # fmt: skip
def test_blocked_values_identify_nobody(value: str) -> None:
    assert plain(value) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("u1", "u1"),
        (" u1\n", "u1"),
        ("U1", "U1"),
        ("01", "01"),
        ("-12", "-12"),
        ("nullable", "nullable"),
        ("x" * IDENTIFIER_CHARS_MAX, "x" * IDENTIFIER_CHARS_MAX),
    ],
)
def test_plain_values_keep_their_case(value: str, expected: str) -> None:
    assert plain(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" Ana@Example.COM ", "ana@example.com"),
        ("n/a", None),
        ("@example.com", None),
        ("ana@", None),
        ("a@b@c", None),
        ("null", None),
    ],
)
def test_email(value: str, expected: str | None) -> None:
    assert email(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("+49 30 1234567", "+49301234567"),
        ("0049 (30) 1234-567", "+49301234567"),
        ("030/1234567", "0301234567"),
        ("(415) 555-0100", "4155550100"),
        ("12345", None),
        ("+00000000", None),
        ("unknown", None),
        ("-1", None),
    ],
)
def test_phone(value: str, expected: str | None) -> None:
    assert phone(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (4711, "4711"),
        (0, None),
        (-1, None),
        (True, None),
        (1.5, None),
        (None, None),
        ([1], None),
        ({"id": 1}, None),
        (10**4000, None),
        ("c-1", "c-1"),
    ],
)
def test_custom_identifiers_take_text_and_whole_numbers(value: Any, expected: str | None) -> None:
    assert identifier("crm_id", value) == expected
