"""What stands in the golden files is what the language does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden.language.cases import FOLDER, outcome, rules


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.txt")), ids=lambda file: file.stem)
def test_golden_file(file: Path) -> None:
    expected = "\n\n".join(outcome(rule) for rule in rules(file)) + "\n"
    assert file.read_text(encoding="utf-8") == expected
