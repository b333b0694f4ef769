"""Versions as people and build tools write them."""

from __future__ import annotations

import pytest

from ebbline.definitions.versions import parse_version

VERSIONS = {
    "2": (2, 0, 0, 0),
    "v2.10": (2, 10, 0, 0),
    "0.0.0.7": (0, 0, 0, 7),
    "1.2.3-beta.4": (1, 2, 3, 0),
    "1.2+build\n7": (1, 2, 0, 0),
    "007.08": (7, 8, 0, 0),
    "999999999": (999_999_999, 0, 0, 0),
}
NONE = (
    "", "v", "V2", "2.", ".2", "2..1", "1.2.3.4.5", "1000000000.0", "2.x", " 2", "2 ", "-1",
    "2\n", "2beta", "٢", "vv2",
)  # fmt: skip


@pytest.mark.parametrize(("text", "version"), VERSIONS.items())
def test_a_version(text: str, version: tuple[int, ...]) -> None:
    assert parse_version(text) == version


@pytest.mark.parametrize("text", NONE)
def test_no_version(text: str) -> None:
    assert parse_version(text) is None
