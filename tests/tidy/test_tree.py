"""The tree keeps the rules of the house (tests/tidy/findings.py), file by file."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from tests.tidy import findings

ROOT = Path(__file__).resolve().parents[2]
Rule = Callable[[str, str], Iterator[str]]

PYTHON_RULES: list[Rule] = [
    findings.file_length,
    findings.line_length,
    findings.function_length,
    findings.banned_names,
    findings.module_docstring,
    findings.private_imports,
    findings.outside_imports,
    findings.vendor_names,
]
NAMED_RULES: dict[str, Rule] = {
    "src/ebbline/errors.py": findings.errors_few,
    "CHANGELOG.md": findings.changelog_open,
    "ARCHITECTURE.md": findings.architecture_short,
}


def tracked() -> list[str]:
    """Every file that git tracks or would track."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for path in sorted(set(listed.stdout.splitlines())) if (ROOT / path).is_file()]


def texts(pattern: str) -> dict[str, str]:
    """Path and text of the tracked files whose path matches."""
    chosen = [path for path in tracked() if re.search(pattern, path)]
    return {path: (ROOT / path).read_text(encoding="utf-8") for path in chosen}


def hold(found: Iterable[str]) -> None:
    """Fails with every finding, one a line."""
    listed = list(found)
    assert not listed, "\n" + "\n".join(listed)


@pytest.mark.parametrize("rule", PYTHON_RULES, ids=lambda rule: rule.__name__)
def test_python(rule):
    files = texts(r"\.py$")
    assert files
    hold(found for path, text in files.items() for found in rule(path, text))


@pytest.mark.parametrize("rule", [findings.unfinished, findings.addresses])
def test_every_text_file(rule):
    files = texts(r"(\.(py|md|toml|ya?ml|json|js|html|css|txt|cfg)|Makefile|\.ci/run|\..+rc)$")
    own = {path: text for path, text in files.items() if not path.startswith("tests/tidy/")}
    hold(found for path, text in own.items() for found in rule(path, text))


def test_limits_are_explained():
    files = texts(r"^src/.*limits\.py$")
    assert files
    rule = findings.limits_explained
    hold(found for path, text in files.items() for found in rule(path, text))


def test_files_are_small_as_a_rule():
    sizes = {path: len(text.splitlines()) for path, text in texts(r"^src/.*\.py$").items()}
    told = {path: lines for path, lines in sizes.items() if not path.endswith("__init__.py")}
    hold(findings.median_size(told))


@pytest.mark.parametrize("path", NAMED_RULES)
def test_named(path):
    hold(NAMED_RULES[path](path, (ROOT / path).read_text()))


def test_decisions():
    files = texts(r"^docs/adr/.*\.md$")
    assert files
    hold(findings.decisions_numbered([Path(path).name for path in files]))
    rule = findings.decision_complete
    hold(found for path, text in files.items() for found in rule(path, text))


def test_everything_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"].values()
    wanted = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    for extra in extras:
        wanted += extra
    names = [re.split(r"[<>=\[ ;]", name)[0] for name in wanted]
    text = (ROOT / "constraints.txt").read_text()
    hold(findings.pins_complete("constraints.txt", text, names))
