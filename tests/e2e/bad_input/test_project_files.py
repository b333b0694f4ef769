"""Broken project files: `validate` and `run` say where, with exit code 3, and start nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest

from tests.e2e.bad_input.conftest import TEMPLATE

pytestmark = pytest.mark.slow

AUDIENCES = "audiences/all.yml"
HEAD = "audiences:\n  broken:\n    owner: tests\n    review_by: 2100-01-01\n    when: "
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
WRONG_TYPE = "destinations:\n  d:\n    type: pigeon\n    sync: []\n"
LITERAL = TEMPLATE.joinpath("destinations/all.yml").read_text("utf-8")

# A file and what it says; the beginning of the place that the finding must name.
BROKEN = {
    "no YAML": (AUDIENCES, "audiences: [unclosed\n  a: {", AUDIENCES + ":"),
    "no UTF-8": (AUDIENCES, b"audiences: \xff\xfe", AUDIENCES),
    "no rule": (AUDIENCES, HEAD + "count( >= 3\n", AUDIENCES + ":5:"),
    "an unknown word": (AUDIENCES, HEAD + "performd('Product Viewed')\n", AUDIENCES + ":5:"),
    "a window of no length": (AUDIENCES, HEAD + "performed('A', within='soon')\n",
                              AUDIENCES + ":5:"),
    "Python instead of a rule": (AUDIENCES, HEAD + "__import__('os').system('true')\n",
                                 AUDIENCES + ":5:"),
    "a rule too deep": (AUDIENCES, HEAD + "not " * 3_000 + "a\n", AUDIENCES + ":5:"),
    "a circle": (AUDIENCES, HEAD + "audience('broken')\n", AUDIENCES + ":"),
    "a list in place of a map": (AUDIENCES, "- a\n- b\n", AUDIENCES + ":"),
    "a key twice": ("ebbline.yml", "name: a\nname: b\n", "ebbline.yml:2:"),
    "a billion laughs": (AUDIENCES, LAUGHS, AUDIENCES + ":"),
    "an unknown type": ("destinations/all.yml", WRONG_TYPE, "destinations/all.yml:3:"),
    "a secret in the open": ("destinations/all.yml",
                             LITERAL.replace("env:BRAZE_API_KEY", "0123456789abcdef"),
                             "destinations/all.yml:5:"),
}  # fmt: skip


def ebbline(*arguments):
    """One command; its code, its data and what it said."""
    return subprocess.run(
        [sys.executable, "-m", "ebbline.console.cli", *arguments],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_told_with_its_place(tmp_path, name):
    file, content, place = BROKEN[name]
    project = tmp_path / "project"
    shutil.copytree(TEMPLATE, project)
    (project / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    checked = ebbline("validate", "--project", str(project))
    assert checked.returncode == 3, checked.stderr
    assert place in checked.stdout
    assert re.search(r"^\S+\.yml(:\d+:\d+)?: \S", checked.stdout, re.MULTILINE)
    assert "Traceback" not in checked.stderr


def test_all_problems_are_told_at_once_and_nothing_is_started(tmp_path):
    project, data = tmp_path / "project", tmp_path / "data"
    shutil.copytree(TEMPLATE, project)
    (project / AUDIENCES).write_text(HEAD + "count( >= 3\n", "utf-8")
    (project / "destinations/all.yml").write_text(WRONG_TYPE, "utf-8")
    started = ebbline("run", "--project", str(project), "--data", str(data), "--port", "0")
    assert started.returncode == 3
    assert started.stdout == ""
    assert AUDIENCES + ":5:" in started.stderr
    assert "destinations/all.yml:3:" in started.stderr
    assert "nothing was" in started.stderr
    assert "Traceback" not in started.stderr
    assert not data.exists()


def test_without_a_project_it_says_what_to_do(tmp_path):
    started = ebbline("run", "--project", str(tmp_path), "--port", "0")
    assert started.returncode == 3
    assert "ebbline.yml" in started.stderr
