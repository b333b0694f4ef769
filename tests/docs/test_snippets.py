"""Every shell and Python block of the documentation runs as it stands, page by page, and what
a page shows in `text` blocks is printed by them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.snippets import Snippet, pages, snippets

# Seconds for all the blocks of one page; the quickstart promises five minutes to a person.
PAGE_SECONDS_MAX = 240


def script_of(page: str) -> str:
    """All the blocks of a page as one shell script; what one leaves, the next one finds."""
    parts = []
    for block in snippets(page, {"sh", "python"}):
        python = block.language == "python"
        parts.append(f"python - <<'_END'\n{block.text}_END\n" if python else block.text)
    return "".join(parts)


def lines(block: Snippet) -> list[str]:
    """The lines of a block that say something."""
    return [line for line in block.text.splitlines() if line.strip()]


def squeezed(line: str) -> str:
    """A line whatever its columns are aligned to."""
    return " ".join(line.split())


def run(script: str, folder: Path) -> str:
    """What the script prints in an empty folder; fails with all it said when it fails."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "NO_COLOR": "1",
        "COLUMNS": "100",
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-s"],
        input=script,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PAGE_SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("page", [page for page in pages() if script_of(page)])
def test_page(page, tmp_path):
    told = {squeezed(line) for line in run(script_of(page), tmp_path).splitlines()}
    shown = [squeezed(line) for block in snippets(page, {"text"}) for line in lines(block)]
    assert [line for line in shown if line not in told] == [], told


def test_the_quickstart_has_blocks():
    assert "ebbline init shop" in script_of("README.md")
    assert script_of("README.md").count("ebbline ") > 5


def test_a_failing_block_is_noticed(tmp_path):
    with pytest.raises(AssertionError):
        run("false\ntrue\n", tmp_path)
    with pytest.raises(AssertionError):
        run("python - <<'_END'\nassert 1 == 2\n_END\n", tmp_path)
