"""`explain --if`: what happened, what if, and the whole answer to the letter.

A case is a title (`# `), the lines of an audience (indented), what happens (`10m  Page Viewed`),
when it is asked (`at 2h`), the calls (`if track …`) and all that is printed (`> `).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from ebbline.console.cli import app
from ebbline.console.output import iso
from ebbline.definitions import load_files
from ebbline.definitions.durations import parse_duration
from ebbline.hosts.embedded.importing import replay

FOLDER = Path(__file__).parent
T0 = 1_777_593_600_000  # 2026-05-01T00:00:00Z


class Golden(msgspec.Struct, frozen=True):
    """One case."""

    title: str
    rule: str
    steps: tuple[str, ...]
    at_ms: int
    calls: tuple[str, ...]
    prints: str


def cases() -> Iterator[Golden]:
    """The cases of the file."""
    for block in (FOLDER / "calls.txt").read_text(encoding="utf-8").strip().split("\n\n"):
        lines = block.splitlines()
        (at,) = [line.removeprefix("at ") for line in lines if line.startswith("at ")]
        yield Golden(
            lines[0].removeprefix("# "),
            "\n".join(line for line in lines if line.startswith("  ")),
            tuple(line for line in lines if line[0].isdecimal()),
            T0 + (parse_duration(at) or 0),
            tuple(line.removeprefix("if ") for line in lines if line.startswith("if ")),
            "\n".join(line.removeprefix("> ") for line in lines if line.startswith("> ")),
        )


def call_of(step: str, number: int) -> dict:
    """A step as a line of a history."""
    at, _, text = step.partition("  ")
    name, brace, said = text.partition(" {")
    data = json.loads("{" + said) if brace else {}
    stamp = iso(T0 + (parse_duration(at) or 0))
    call = {"messageId": f"m{number}", "userId": "ana", "timestamp": stamp, "receivedAt": stamp}
    if name == "identify":
        return call | {"type": "identify", "traits": data}
    return call | {"type": "track", "event": name, "properties": data}


def printed(case: Golden, folder: Path) -> str:
    """What the command answers on a folder in which the steps happened."""
    text = f"audiences:\n  it:\n    owner: x\n    review_by: 2030-01-01\n{case.rule}\n"
    loaded = load_files({"ebbline.yml": b"name: golden\n", "audiences/it.yml": text.encode()})
    assert loaded.plan is not None, "\n".join(map(str, loaded.findings))
    file = folder / "history.ndjson"
    calls = [call_of(step, number) for number, step in enumerate(case.steps)]
    file.write_text("".join(json.dumps(call) + "\n" for call in calls), "utf-8")
    replay(loaded.plan, folder / "data", file, case.at_ms)
    words = ["explain", "ana", "it", "--data", str(folder / "data")]
    words += [word for call in case.calls for word in ("--if", call)]
    told = CliRunner().invoke(app, words, catch_exceptions=False)
    assert told.exit_code == 0, told.stderr
    return told.stdout.rstrip("\n")


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case.title)
def test_golden_what_if(case: Golden, tmp_path: Path) -> None:
    """Every line of the answer, no more and no less."""
    assert printed(case, tmp_path) == case.prints
