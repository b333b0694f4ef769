"""The compiled hot path passes the laws that the plain source passes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMPILED = "from ebbline.engine import advance; print(advance.__file__)"


@pytest.mark.slow
def test_the_laws_hold_compiled(tmp_path: Path) -> None:
    """Same source, same laws: built aside and put in front of the plain package."""
    source = tmp_path / "src"
    copied = ["cp", "-r", str(ROOT / "src"), str(source)]
    subprocess.run(copied, check=True)
    build = [sys.executable, str(ROOT / "tools" / "compile.py"), "--source", str(source)]
    subprocess.run(build, check=True, capture_output=True)
    environ = {**os.environ, "PYTHONPATH": str(source), "EBBLINE_CASES": "200"}
    shown = subprocess.run(
        [sys.executable, "-c", COMPILED], env=environ, check=True, capture_output=True, text=True
    )
    assert shown.stdout.startswith(str(source))
    assert shown.stdout.strip().endswith(".so")
    laws = ["tests/laws", "tests/unit/hosts/state", "tests/unit/testing/test_examples.py"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *laws], cwd=ROOT, env=environ, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-4_000:]
