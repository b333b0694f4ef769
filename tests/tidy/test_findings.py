"""Every rule of tests/tidy finds what it is there to find, and passes what is in order."""

from __future__ import annotations

import pytest

from tests.tidy import findings

SOURCE = "src/ebbline/engine/tracks.py"
LONG_FUNCTION = "def f():\n" + "    x = 1\n" * findings.FUNCTION_LINES_MAX
MANY_ERRORS = "".join(f"class E{number}(Exception): ...\n" for number in range(16))
LIMITS = "src/ebbline/engine/limits.py"
DECISION = (
    "# 0001 Rooms\n\n## Status\n\nx\n\n## Why\n\nx\n\n## Decision\n\nx\n\n## What follows\n\nx\n"
)

BAD = [
    (findings.file_length, SOURCE, "x = 1\n" * 501),
    (findings.line_length, SOURCE, "x" * 101),
    (findings.function_length, SOURCE, LONG_FUNCTION),
    (findings.banned_names, "src/ebbline/engine/utils.py", ""),
    (findings.banned_names, "src/ebbline/helpers/tracks.py", ""),
    (findings.banned_names, SOURCE, "class TrackManager: ..."),
    (findings.module_docstring, SOURCE, "x = 1"),
    (findings.module_docstring, SOURCE, '"""."""'),
    (findings.module_docstring, "src/ebbline/engine/__init__.py", ""),
    (findings.unfinished, SOURCE, "x = 1  # TO" + "DO: more"),
    (findings.unfinished, "tests/unit/test_x.py", "@pytest.mark." + "skip"),
    (findings.unfinished, "tests/unit/test_x.py", "pytest." + "skip('no')"),
    (findings.addresses, "Makefile", "curl https://py" + "pi.org/simple"),
    (findings.addresses, "README.md", "see /wo" + "rk/main"),
    (findings.limits_explained, LIMITS, "WINDOW_MS_MAX = 5\n"),
    (findings.limits_explained, LIMITS, "WINDOW_MS_MAX = 5  # large\n"),
    (findings.limits_explained, LIMITS, "# More than any project of this world has.\nMANY = 5\n"),
    (findings.limits_explained, LIMITS, "# Seconds, from first to last.\nA = 1\n\nB = 2\n"),
    (findings.private_imports, SOURCE, "from ebbline.events.event import _clamp"),
    (findings.private_imports, SOURCE, "from ebbline.events._event import Event"),
    (findings.outside_imports, SOURCE, "import structlog"),
    (findings.outside_imports, SOURCE, "from ruamel.yaml import YAML"),
    (findings.vendor_names, "src/ebbline/delivery/plan.py", "if kind == 'braze': ..."),
    (findings.errors_few, "src/ebbline/errors.py", MANY_ERRORS),
    (findings.decision_complete, "docs/adr/0001-rooms.md", DECISION.replace("Why", "How")),
    (findings.decision_complete, "docs/adr/0002-rooms.md", DECISION),
    (findings.changelog_open, "CHANGELOG.md", "# Changes\n\n## 0.1.0\n\n- First.\n"),
    (findings.changelog_open, "CHANGELOG.md", "# Changes\n\n## Unreleased\n\n## 0.1.0\n\n- x\n"),
    (findings.architecture_short, "ARCHITECTURE.md", "x\n" * 301),
]

GOOD = [
    (findings.file_length, SOURCE, "x = 1\n" * 500),
    (findings.line_length, SOURCE, "x" * 100),
    (findings.function_length, SOURCE, LONG_FUNCTION.removesuffix("    x = 1\n")),
    (findings.banned_names, SOURCE, "class Track: ..."),
    (findings.module_docstring, SOURCE, '"""What happened to a person, kept by kind."""'),
    (findings.module_docstring, "tests/unit/__init__.py", ""),
    (findings.unfinished, SOURCE, "x = 1  # done"),
    (findings.addresses, "README.md", "a folder such as ./work/ or docs/root/"),
    (findings.limits_explained, LIMITS, "# Milliseconds; a year and a bit.\nWINDOW_MS_MAX = 5\n"),
    (findings.limits_explained, LIMITS, "DEPTH_MAX = 50  # levels; no person reads deeper\n"),
    (findings.limits_explained, LIMITS, "# Seconds, from the first to the last.\nA = 1\nB = 2\n"),
    (findings.private_imports, SOURCE, "from ebbline.engine.tracks import _fold"),
    (findings.outside_imports, SOURCE, "import msgspec\nfrom collections import deque"),
    (findings.outside_imports, "src/ebbline/hosts/embedded/log.py", "import apsw"),
    (findings.outside_imports, "src/ebbline/definitions/load.py", "from ruamel.yaml import YAML"),
    (findings.vendor_names, "src/ebbline/connectors/braze/encode.py", "# Braze takes 75."),
    (findings.errors_few, "src/ebbline/errors.py", "class E(Exception): ..."),
    (findings.decision_complete, "docs/adr/0001-rooms.md", DECISION),
    (findings.changelog_open, "CHANGELOG.md", "# Changes\n\n## Unreleased\n\n- First.\n"),
    (findings.architecture_short, "ARCHITECTURE.md", "x\n" * 300),
]


@pytest.mark.parametrize(("rule", "path", "text"), BAD)
def test_finds(rule, path, text):
    assert list(rule(path, text))


@pytest.mark.parametrize(("rule", "path", "text"), GOOD)
def test_passes(rule, path, text):
    assert list(rule(path, text)) == []


def test_median_finds_large_files():
    assert list(findings.median_size({"a": 10, "b": 400, "c": 500}))
    assert not list(findings.median_size({"a": 10, "b": 20, "c": 500}))


def test_decisions_without_a_gap():
    assert not list(findings.decisions_numbered(["0001-rooms.md", "0002-log.md"]))
    assert list(findings.decisions_numbered(["0001-rooms.md", "0003-log.md"]))
    assert list(findings.decisions_numbered(["1-rooms.md"]))


def test_pins_have_hashes_and_no_addresses():
    good = (
        "# Pins.\nmsgspec==0.22.0 \\\n    --hash=sha256:aa\nrich==15.0.0 \\\n    --hash=sha256:bb\n"
    )
    assert not list(findings.pins_complete("constraints.txt", good, ["msgspec", "rich"]))
    assert list(findings.pins_complete("constraints.txt", good, ["apsw"]))
    assert list(findings.pins_complete("constraints.txt", "rich==15.0.0\n", ["rich"]))
    assert list(findings.pins_complete("constraints.txt", "rich @ file://x\n", []))
