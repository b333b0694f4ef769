"""Whether the product is exact at every instant: `python -m benchmarks --exact`.

One pass of the product's own fold over the workload, halted at random instants: the member
lists there are the oracle's. The whole list of entries and exits is that of the exact loop,
which shares no code with the engine and is held against the oracle at the same instants.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from benchmarks.answers import WrongAnswer, flips_of, members_of
from benchmarks.case import Case, line_batches, parse
from benchmarks.peers.calls import call_of
from benchmarks.peers.loop import ExactLoop
from benchmarks.stages.peers import questions_of
from ebbline.events.names import Names
from ebbline.events.parse import Parser
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.limits import IMPORT_COMMIT_BATCHES
from ebbline.hosts.embedded.log import Batch, Entry, Log
from ebbline.hosts.embedded.state.fold import Fold
from ebbline.hosts.embedded.state.store import StateStore

DIFFERENCES_SHOWN = 5

Flip = tuple[int, str, str, bool]  # at_ms, who, audience, whether they are in from then on


class Exactness(msgspec.Struct, frozen=True):
    """What was compared, all of it equal."""

    events: int
    audiences: int
    instants: int
    memberships: int  # of all instants together
    flips: int
    cpu_seconds: dict[str, float]  # of engine, loop and oracle


def check(case: Case, count: int, seed: int) -> Exactness:
    """Hold the product against the oracle and the loop; WrongAnswer at the first difference."""
    seconds: dict[str, float] = {}
    instants = random_instants(case, count, seed)
    memberships = 0
    with case.folder() as folder:
        began = time.process_time()
        engine = list(engine_members(case, instants, Path(folder)))
        told = sorted(flips_of(Path(folder) / "state.db"))
        seconds["engine"] = time.process_time() - began
    began = time.process_time()
    loop = ExactLoop(questions_of(case))
    looped = list(loop_members(case, loop, instants))
    expected = sorted(loop.flips)
    seconds["loop"] = time.process_time() - began
    began = time.process_time()
    for at_ms, mine, theirs in zip(instants, engine, looped, strict=True):
        right = case.workload.members_at(received_by(case.lines, at_ms), case.audiences, at_ms)
        for who, members in (("the engine", mine), ("the exact loop", theirs)):
            hold_members(f"{who} at {at_ms} ({case.file.name})", members, right)
        memberships += sum(map(len, right.values()))
    seconds["oracle"] = time.process_time() - began
    hold_flips(told, expected)
    return Exactness(
        len(case.lines), case.audiences, len(instants), memberships, len(told), seconds
    )  # fmt: skip


def random_instants(case: Case, count: int, seed: int) -> list[int]:
    """Instants of the file's span in order, and the one of the questions at the end."""
    first = call_of(case.lines[0]).received_ms
    draw = random.Random(f"{seed} {case.audiences}")
    return [*sorted(draw.randrange(first, case.until_ms) for _ in range(count)), case.until_ms]


def received_by(lines: Sequence[bytes], at_ms: int) -> Sequence[bytes]:
    """The lines received up to an instant; they are in order of arrival."""
    low, high = 0, len(lines)
    while low < high:
        middle = (low + high) // 2
        if call_of(lines[middle]).received_ms <= at_ms:
            low = middle + 1
        else:
            high = middle
    return lines[:low]


def engine_members(
    case: Case, instants: Sequence[int], folder: Path
) -> Iterator[dict[str, list[str]]]:
    """The product's members at each instant, from its state.db; the state stays in `folder`."""
    log = Log(folder / "log.db", SystemClock())
    fold = Fold(StateStore(folder / "state.db"), case.plan)
    parser, taken = Parser(Names({})), 0
    for at_ms in instants:
        upto = len(received_by(case.lines, at_ms))
        for number, lines in enumerate(line_batches(case.lines[taken:upto]), 1):
            events = case.in_time(parse(parser, lines))
            position = log.append_many([Batch("replayed", events, events[-1].received_ms)])
            entry = Entry(position.offset, position.now_ms, "replayed", len(events), b"")
            fold.take(entry, events)
            if number % IMPORT_COMMIT_BATCHES == 0:
                fold.commit()
        taken = upto
        position = log.append_many([Batch("tick", b"", at_ms)])
        fold.take(Entry(position.offset, position.now_ms, "tick", 0, b""), [])
        fold.commit()
        yield members_of(folder / "state.db", fold.tables.audiences)
    fold.store.close()
    log.close()


def loop_members(
    case: Case, loop: ExactLoop, instants: Sequence[int]
) -> Iterator[dict[str, list[str]]]:
    """The exact loop's members at each instant."""
    taken = 0
    for at_ms in instants:
        upto = len(received_by(case.lines, at_ms))
        loop.take(map(call_of, case.lines[taken:upto]))
        loop.pass_time(at_ms)
        taken = upto
        yield loop.members()


def hold_members(
    what: str, members: dict[str, list[str]], right: dict[str, list[str]]
) -> None:  # fmt: skip
    """WrongAnswer unless the two say the same."""
    for name, people in right.items():
        mine, theirs = Counter(members[name]), Counter(people)
        if mine != theirs:
            more, less = sorted((mine - theirs).elements()), sorted((theirs - mine).elements())
            shown = f"too many {more[:DIFFERENCES_SHOWN]}, missing {less[:DIFFERENCES_SHOWN]}"
            raise WrongAnswer(f"{what}, {name}: {len(people)} members by the oracle; {shown}")


def hold_flips(told: Sequence[Flip], expected: Sequence[Flip]) -> None:
    """WrongAnswer unless every entry and exit is in both lists, at the same millisecond."""
    if told == expected:
        return
    mine, theirs = Counter(told), Counter(expected)
    more, less = sorted((mine - theirs).elements()), sorted((theirs - mine).elements())
    raise WrongAnswer(
        f"{len(told)} entries and exits, {len(expected)} by the exact loop."
        f" Only the engine: {more[:DIFFERENCES_SHOWN]}. Only the loop: {less[:DIFFERENCES_SHOWN]}"
    )
