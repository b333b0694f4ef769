"""The workload beside the repository: its events, its questions, and the right answers.

The folder holds `gen.py`, `questions.py` and `oracle.py`; nothing of it is copied here. Files
are generated once into the benchmark's own data folder.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).resolve().parents[1]
DEFAULT_FOLDER = ROOT.parent / "shared" / "workload"
SEED = 7

# What the workload's README says: users and the beginning of the file's sha256 by events.
USERS = {100_000: 50_000, 1_000_000: 300_000}
SHA256 = {100_000: "19f159a9363eacd4", 1_000_000: "5649f06e3b6ebec0"}

# The digest of all member lists by events and audiences, as the README has them but for the
# last one. There, b73e3c96f175 is what `oracle.py` says of the whole file, 19 events received
# after the asked instant included; those "do not count" (README), and without them it says:
DIGESTS = {
    (100_000, 10): "7a2b65bca7f4",
    (100_000, 100): "2b0c64ba9d71",
    (1_000_000, 10): "01780d763458",
    (1_000_000, 100): "a3dab9382d3d",
}

Question = tuple[str, Sequence[tuple[tuple[Any, ...], str, Any]]]


class WorkloadMissing(Exception):
    """There is no workload, or not the one that its README describes; says what to do."""


class Workload:
    """The three modules of a workload folder."""

    def __init__(self, folder: Path = DEFAULT_FOLDER) -> None:
        """Import the modules; WorkloadMissing when the folder does not hold them."""
        self.folder = folder.resolve()
        for name in ("gen", "questions", "oracle"):
            if not (self.folder / f"{name}.py").is_file():
                message = (
                    f"There is no {name}.py in {folder}. The benchmarks need the workload folder"
                    " (gen.py, questions.py, oracle.py): name it with --workload DIR."
                )
                raise WorkloadMissing(message)
        sys.path.insert(0, str(self.folder))
        try:
            self._gen, self._questions, self._oracle = (
                importlib.import_module(name) for name in ("gen", "questions", "oracle")
            )
        finally:
            sys.path.remove(str(self.folder))

    @property
    def until_ms(self) -> int:
        """The instant of the questions: where the clock stops."""
        return int(self._gen.T_END)

    @property
    def points(self) -> Mapping[str, int]:
        """What the score gives for an event."""
        return dict(self._questions.POINTS)

    @property
    def half_life_ms(self) -> int:
        """In which time the score halves."""
        return int(self._questions.HALF)

    def questions(self, audiences: int) -> list[Question]:
        """The first audiences as (name, ((feature, operator, value), ...))."""
        return list(self._questions.audiences(audiences))

    def sql(self, audiences: int) -> str:
        """All of the first audiences as one DuckDB query over all stored events."""
        return str(self._questions.sql(self.questions(audiences), "duckdb", self.until_ms))

    def file(self, events: int, data: Path) -> Path:
        """The events as NDJSON in order of arrival, generated into `data` when it is new."""
        users = USERS.get(events, max(1, events // 2))
        path = data / f"events-{events}-users-{users}-seed-{SEED}.ndjson"
        if path.is_file():
            return path
        data.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part")
        options = {"--events": events, "--users": users, "--seed": SEED, "--out": draft}
        words = [str(word) for option in options.items() for word in option]
        done = subprocess.run([sys.executable, "gen.py", *words], cwd=self.folder, check=True,
                              stdout=subprocess.PIPE, text=True)  # fmt: skip
        wanted, made = SHA256.get(events, ""), done.stdout.split()[-1]
        if not made.startswith(wanted):
            message = f"gen.py made a file of sha256 {made}..., not {wanted}...: another workload?"
            raise WorkloadMissing(message)
        return draft.rename(path)

    def digest(self, members: Mapping[str, Sequence[str]]) -> str:
        """The digest of member lists by audience."""
        return str(self._oracle.digest(members))

    def members_at(
        self, lines: Sequence[bytes], audiences: int, at_ms: int
    ) -> dict[str, list[str]]:
        """Who the oracle says is in each audience at an instant, after these lines; slow."""
        with tempfile.NamedTemporaryFile(suffix=".ndjson") as file:
            file.writelines(line.rstrip() + b"\n" for line in lines)
            file.flush()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ResourceWarning)  # it leaves closing to Python
                found: dict[str, list[str]] = self._oracle.run(file.name, audiences, at_ms)
        return found

    def answer(self, lines: Sequence[bytes], audiences: int) -> str:
        """The digest the oracle finds, over the lines received by the asked instant; slow."""
        end, latest = len(lines), str(self._gen.iso(self.until_ms))
        while end and msgspec.json.decode(lines[end - 1])["receivedAt"] > latest:
            end -= 1
        with tempfile.NamedTemporaryFile(suffix=".ndjson") as file:
            file.writelines(line.rstrip() + b"\n" for line in lines[:end])
            file.flush()
            done = subprocess.run([sys.executable, "oracle.py", file.name, str(audiences)],
                                  cwd=self.folder, check=True, stdout=subprocess.PIPE)  # fmt: skip
        return str(msgspec.json.decode(done.stdout)["digest"])
