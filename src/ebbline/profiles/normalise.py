"""One spelling per identifier, and the values that identify nobody.

It deliberately does not check that an address or a number exists, nor guess the country of a
phone number written without one.
"""

from __future__ import annotations

import re
from typing import Any

from ebbline.profiles.limits import IDENTIFIER_CHARS_MAX, PHONE_DIGITS_MIN

# What broken clients send in place of an identifier, in lower case. Values made of zeros and
# dashes only (the advertising id of a person who opted out) are blocked besides.
BLOCKED_VALUES = frozenset({"", "null", "undefined", "none", "anonymous", "-1"})
_BLOCKED_CHARS_MAX = max(map(len, BLOCKED_VALUES))

_NOT_DIGITS = re.compile(r"[^0-9]")


def plain(value: str) -> str | None:
    """`value` without surrounding white space, or None when it is blocked or too long.

    >>> plain(" u1 "), plain("NULL"), plain("0000-0000")
    ('u1', None, None)
    """
    value = value.strip()
    chars = len(value)
    if chars <= _BLOCKED_CHARS_MAX:
        if value.lower() in BLOCKED_VALUES:
            return None
    elif chars > IDENTIFIER_CHARS_MAX:
        return None
    if value[0] in "0-" and not value.strip("0-"):
        return None
    return value


def email(value: str) -> str | None:
    """The address in lower case, or None when it has not one `@` with text on both sides.

    >>> email(" Ana@Example.COM "), email("n/a")
    ('ana@example.com', None)
    """
    kept = plain(value)
    if kept is None:
        return None
    name, _, domain = kept.rpartition("@")
    if not name or not domain or "@" in name:
        return None
    return kept.lower()


def phone(value: str) -> str | None:
    """The number as `+` and digits when it names its country, else as its digits alone.

    >>> phone("0049 (30) 1234-567"), phone("030 1234567"), phone("12")
    ('+49301234567', '0301234567', None)
    """
    kept = plain(value)
    if kept is None:
        return None
    digits = _NOT_DIGITS.sub("", kept)
    country = kept.startswith("+")
    if not country and digits.startswith("00"):
        country = True
        digits = digits[2:]
    if len(digits) < PHONE_DIGITS_MIN or not digits.strip("0"):
        return None
    return "+" + digits if country else digits


_NORMALISERS = {"email": email, "phone": phone}


def identifier(kind: str, value: Any) -> str | None:
    """The normal form of an identifier of type `kind`, or None when it identifies nobody.

    Whole numbers are taken as their digits (ids of databases often arrive so); any other
    JSON value is no identifier.

    >>> identifier("crm_id", 4711), identifier("crm_id", True), identifier("email", "A@b.c")
    ('4711', None, 'a@b.c')
    """
    if isinstance(value, int) and not isinstance(value, bool):
        if not -(2**63) <= value < 2**64:
            return None
        value = str(value)
    if not isinstance(value, str):
        return None
    return _NORMALISERS.get(kind, plain)(value)
