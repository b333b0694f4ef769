"""Writes constraints.txt: every package Ebbline is built, run and tested with, by hash.

It asks pip, as pip is configured on this machine, and never writes an address: where packages
come from stays the reader's choice. It does not choose newer versions unless told `--upgrade`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "constraints.txt"
HEADER = """\
# Every package that Ebbline is built, run and tested with, by version and hash; no addresses.
# Written by `make pin` (tools/pin.py); not edited by hand.
"""
# Editable installs need it beside the build backend; pip would otherwise fetch it unpinned.
BUILD_EXTRAS = ["editables"]
PYTHONS = ["3.11", "3.12", "3.13"]
GLIBC_MINORS = [5, 12, 17, 24, 26, 27, 28, 31, 34, 35]
MAC_MAJORS = [11, 12, 13, 14]


def linux(arch: str) -> list[str]:
    """The platform tags that a glibc 2.35 machine of this architecture accepts."""
    named = [f"manylinux{name}_{arch}" for name in ("1", "2010", "2014")]
    return [*named, *(f"manylinux_2_{minor}_{arch}" for minor in GLIBC_MINORS), f"linux_{arch}"]


def mac() -> list[str]:
    """The platform tags of an Apple machine."""
    kinds = ("arm64", "universal2")
    return [f"macosx_{major}_0_{kind}" for major in MAC_MAJORS for kind in kinds]


PLATFORMS = {"linux x86_64": linux("x86_64"), "linux aarch64": linux("aarch64"), "mac": mac()}


def wanted() -> list[str]:
    """What pyproject.toml asks for: to build, to run and to develop."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"].get("optional-dependencies", {})
    runtime = project["project"]["dependencies"]
    developing = [name for extra in extras.values() for name in extra]
    return [*project["build-system"]["requires"], *BUILD_EXTRAS, *runtime, *developing]


def ask_pip(arguments: list[str]) -> list[dict[str, Any]]:
    """What pip would install, as its own report says; installs nothing."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run"]
        command += ["--ignore-installed", "--only-binary", ":all:", "--report", str(report)]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr.strip())
        found: list[dict[str, Any]] = json.loads(report.read_text())["install"]
        return found


def versions(upgrade: bool) -> dict[str, str]:
    """Name and version of everything needed, kept where it is pinned already."""
    arguments = wanted()
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as kept:
        if CONSTRAINTS.exists() and not upgrade:
            lines = CONSTRAINTS.read_text().splitlines()
            pins = [line.split(" ")[0] for line in lines if "==" in line]
            kept.write("\n".join(pins))
            kept.flush()
            arguments = [*arguments, "--constraint", kept.name]
        found = [item["metadata"] for item in ask_pip(arguments)]
    return {item["name"].lower().replace("_", "-"): item["version"] for item in found}


def hashes(pins: dict[str, str]) -> dict[str, set[str]]:
    """The hashes of the wheels that each Python on each platform would choose."""
    found: dict[str, set[str]] = {name: set() for name in pins}
    names = [f"{name}=={version}" for name, version in pins.items()]
    for platform, tags in PLATFORMS.items():
        for python in PYTHONS:
            print(f"{platform}, Python {python}", file=sys.stderr)
            with tempfile.TemporaryDirectory() as target:
                choice = ["--no-deps", "--python-version", python, "--target", target]
                for tag in tags:
                    choice += ["--platform", tag]
                for item in ask_pip([*choice, *names]):
                    name = item["metadata"]["name"].lower().replace("_", "-")
                    archive = item["download_info"]["archive_info"]
                    found[name].add(archive["hashes"]["sha256"])
    return found


def main() -> None:
    """Asks pip and writes the file."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--upgrade", action="store_true", help="take the newest versions")
    pins = versions(options.parse_args().upgrade)
    known = hashes(pins)
    entries = []
    for name in sorted(pins):
        lines = [f"    --hash=sha256:{digest}" for digest in sorted(known[name])]
        entries.append(" \\\n".join([f"{name}=={pins[name]}", *lines]))
    CONSTRAINTS.write_text(HEADER + "\n".join(entries) + "\n")
    print(f"{len(pins)} packages in {CONSTRAINTS.name}", file=sys.stderr)


if __name__ == "__main__":
    main()
