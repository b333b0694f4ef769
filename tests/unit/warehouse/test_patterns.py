"""RE2 patterns in other spellings."""

from __future__ import annotations

import pytest

from ebbline.errors import NotInSql
from ebbline.warehouse.dialects.patterns import java, posix, without_groups


@pytest.mark.parametrize(
    ("pattern", "spelled"),
    [
        (r"^red$", r"^red$"),
        (r"a.b", r"a[^\n]b"),
        (r"a\.b[.x]", r"a\.b[.x]"),
        (r"\bred\b", r"\yred\y"),
        (r"(?P<year>\d+)-(?:x|y)", r"(\d+)-(?:x|y)"),
        (r"(?i)red", r"(?i)red"),
        (r"[^]a.]+", r"[^]a.]+"),
        (r"[[:alpha:].]", r"[[:alpha:].]"),
    ],
)
def test_posix(pattern, spelled):
    assert posix(pattern, "postgres") == spelled


@pytest.mark.parametrize("pattern", [r"\pL", r"\p{Greek}x", r"a(?i)b", r"\Qa.b\E", r"(?s).*"])
def test_what_there_is_no_spelling_for_is_refused(pattern):
    with pytest.raises(NotInSql):
        posix(pattern, "postgres")


def test_java_s_end_is_the_very_end():
    assert java(r"^a[$]\$(?:b)$", "spark") == r"^a[$]\$(?:b)\z"


def test_groups_that_always_capture():
    assert without_groups(r"(?:a|b)c", "snowflake") == "(a|b)c"
