# ruff: noqa: INP001 - a script, not part of a package
"""Writes the part of constraints.txt that is needed to build or to run Ebbline.

`python ops/pins.py run > run.txt`, then `pip install --require-hashes --requirement run.txt`.
pip says which packages belong to it; versions and hashes are those of constraints.txt.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
HASH = re.compile(r"\s*\\?\s*--hash=\S+")


def wanted(what: str) -> list[str]:
    """The packages that pyproject.toml names for `build` or `run`."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    table = {
        "build": project["build-system"]["requires"],
        "run": project["project"]["dependencies"],
    }
    return list(table[what])


def pins() -> dict[str, str]:
    """The entries of constraints.txt, hashes and all, by the package's normal name."""
    text = (ROOT / "constraints.txt").read_text("utf-8").replace("\\\n", " ")
    rows = [row for row in text.splitlines() if row.strip() and not row.startswith("#")]
    return {normal(row.partition("==")[0]): row for row in rows}


def normal(name: str) -> str:
    """A package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def resolved(names: list[str], known: dict[str, str]) -> list[str]:
    """The packages that these need, themselves included; nothing is installed."""
    with tempfile.TemporaryDirectory() as folder:
        plain, report = Path(folder) / "constraints.txt", Path(folder) / "report.json"
        plain.write_text("".join(HASH.sub("", row) + "\n" for row in known.values()), "utf-8")
        command = [
            sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed",
            "--only-binary", ":all:", "--constraint", str(plain), "--report", str(report), *names,
        ]  # fmt: skip
        subprocess.run(command, check=True, stdout=sys.stderr)
        found = json.loads(report.read_text("utf-8"))["install"]
    return sorted(normal(each["metadata"]["name"]) for each in found)


def main(what: str) -> None:
    """Print the pins."""
    known = pins()
    for name in resolved(wanted(what), known):
        if name not in known:
            sys.exit(f"constraints.txt does not pin {name}: run `make pin`")
        print(" ".join(known[name].split()))  # noqa: T201 - a script for a build


if __name__ == "__main__":
    if sys.argv[1:] not in (["build"], ["run"]):
        sys.exit("usage: python ops/pins.py build|run")
    main(sys.argv[1])
