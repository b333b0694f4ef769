"""What stands in the golden files is when people enter and leave, by the engine and by force."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.golden.calendars.cases import FOLDER, Case, by_engine, by_force, cases, outcome
from tests.laws.timeline import Flip


@pytest.mark.parametrize("changes", [by_engine, by_force])
@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.txt")), ids=lambda file: file.stem)
def test_golden_file(file: Path, changes: Callable[[Case], list[Flip]]) -> None:
    expected = "\n\n".join(outcome(case, changes(case)) for case in cases(file)) + "\n"
    assert file.read_text(encoding="utf-8") == expected
