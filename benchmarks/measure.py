"""CPU time per event, always beside the cost of decoding the same lines on the same machine.

A machine is never twice equally fast, so a time alone says little: each figure comes with its
ratio to `msgspec.json.Decoder().decode` of the lines, taken just before and just after.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence

import msgspec

# CPU seconds of one stage after which it is not run again, and runs at most.
BUDGET_SECONDS = 10.0
RUNS_MAX = 5

# Lines above which the decode is measured once instead of three times: it is long enough.
DECODE_ONCE_LINES = 300_000


class Reading(msgspec.Struct, frozen=True):
    """CPU microseconds per event of each run of a stage, and of decoding around it."""

    stage: str
    events: int
    audiences: int | None  # None: the stage does not depend on them
    runs_us: tuple[float, ...]
    decode_us: float
    note: str = ""

    @property
    def best_us(self) -> float:
        """The least disturbed run."""
        return min(self.runs_us)

    @property
    def median_us(self) -> float:
        """The middle run."""
        return statistics.median(self.runs_us)

    @property
    def ratio(self) -> float:
        """The middle run, with decoding as 1."""
        return self.median_us / self.decode_us


class Laps:
    """CPU seconds by what they were spent on, as a driver calls one thing after another."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._began = time.process_time()

    def start(self) -> None:
        """From here on, until the next `lap`."""
        self._began = time.process_time()

    def lap(self, name: str) -> None:
        """What has passed since the last call belongs to `name`."""
        now = time.process_time()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self._began
        self._began = now

    @property
    def total(self) -> float:
        """All of it."""
        return sum(self.seconds.values())


def measure(
    stage: str, lines: Sequence[bytes], audiences: int | None, run: Callable[[], tuple[float, str]]
) -> Reading:
    """Run a stage as often as is cheap. `run` gives the CPU seconds that all lines took, and a
    note about what was done in them."""
    decode = decode_us(lines)
    runs: list[float] = []
    note = ""
    began = time.process_time()
    with calm_memory():
        while len(runs) < RUNS_MAX:
            seconds, note = run()
            runs.append(seconds)
            spent = max(time.process_time() - began, sum(runs))  # a child's time is not ours
            if spent + max(seconds, spent / len(runs)) > BUDGET_SECONDS:
                break
    decode += decode_us(lines)
    per_event = tuple(seconds / len(lines) * 1e6 for seconds in runs)
    return Reading(stage, len(lines), audiences, per_event, statistics.median(decode), note)


def decode_us(lines: Sequence[bytes]) -> list[float]:
    """CPU microseconds of decoding one line, of one or several passes."""
    decode = msgspec.json.Decoder().decode
    passes = 1 if len(lines) > DECODE_ONCE_LINES else 3
    taken = []
    for _ in range(passes):
        began = time.process_time()
        for line in lines:
            decode(line)
        taken.append((time.process_time() - began) / len(lines) * 1e6)
    return taken


class calm_memory:  # noqa: N801 - it is used like a function
    """No cyclic garbage collection meanwhile, as the engine process runs."""

    def __enter__(self) -> None:
        gc.collect()
        gc.freeze()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        gc.enable()
        gc.unfreeze()
