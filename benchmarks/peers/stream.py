"""The same logic inside a stream processor: bytewax, with the state keyed by person.

What a key's logic does is the exact loop for one person. Three things are different, since a
stream processor has them so. Keys cannot reach each other: what a device did before its login
is held in front of the keys and sent to the user's key then. A notification follows the
machine's clock, so a replay fires a person's timers when that person's next event comes, and
at the end; in the order of their instants, which is all the same to the answer. And nothing is
recovered from: no snapshots are taken, as nothing is written by the loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from benchmarks.peers.calls import Call, call_of
from benchmarks.peers.missing import needed
from benchmarks.peers.person import Person
from benchmarks.peers.timers import Questions, Timers

BATCH_LINES = 1_000

# To one key: when it was received, and a call, all calls of a device that logged in, or None
# when the device's person is somebody else's from now on.
Message = tuple[int, Call | Sequence[Call] | None]


class Router:
    """Calls to keys: each messageId once, and whose it is."""

    def __init__(self, until_ms: int) -> None:
        self._until_ms = until_ms
        self._seen: set[str] = set()
        self._user_of: dict[str, str] = {}
        self._waiting: dict[str, list[Call]] = {}  # of devices that nobody has logged in on

    def route(self, lines: Iterable[bytes]) -> list[tuple[str, Message]]:
        """Messages in order of arrival."""
        messages: list[tuple[str, Message]] = []
        for call in map(call_of, lines):
            if call.message_id in self._seen or call.received_ms > self._until_ms:
                continue
            self._seen.add(call.message_id)
            now_ms, device = call.received_ms, call.device
            user = call.user or self._user_of.get(device)
            if user is None:
                self._waiting.setdefault(device, []).append(call)
                messages.append((device, (now_ms, call)))
                continue
            self._user_of[device] = user
            before = self._waiting.pop(device, None)
            if before is not None:
                messages += [(device, (now_ms, None)), (user, (now_ms, before))]
            messages.append((user, (now_ms, call)))
        return messages


class OnePerson:
    """The state of one key."""

    def __init__(self, questions: Questions, name: str, until_ms: int) -> None:
        self._questions = questions
        self._timers = Timers(questions)
        self._person = Person(name)
        self._until_ms = until_ms
        self._new = True
        self._gone = False

    def take(self, messages: Iterable[Message]) -> None:
        """Everything that came for this key, instant by instant."""
        for now_ms, together in groupby(messages, itemgetter(0)):
            self._timers.pass_time(now_ms - 1)
            concerned: set[int] = set()
            whole, self._new = self._new, False
            for _, told in together:
                if told is None:
                    self._gone = True
                    continue
                whole = whole or not isinstance(told, Call)
                for call in (told,) if isinstance(told, Call) else told:
                    self._timers.add(self._person, call)
                    concerned |= self._questions.concerned(call.name)
            if not self._gone:
                self._timers.look(self._person, None if whole else concerned, now_ms)

    def end(self) -> list[str]:
        """The audiences the person is in when the clock stops."""
        if self._gone:
            return []
        self._timers.pass_time(self._until_ms)
        return [self._questions.audiences[index].name for index in self._person.inside]


def run_stream(lines: Sequence[bytes], questions: Questions, until_ms: int) -> dict[str, list[str]]:
    """Who is in each audience after a run over all lines; PeerMissing without bytewax."""
    said: list[tuple[str, str]] = []
    needed("bytewax.testing", "bytewax").run_main(_flow(lines, questions, until_ms, said))
    found: dict[str, list[str]] = {each.name: [] for each in questions.audiences}
    for person, audience in said:
        found[audience].append(person)
    return found


def _flow(lines: Sequence[bytes], questions: Questions, until_ms: int,
          said: list[tuple[str, str]]) -> Any:  # fmt: skip
    operators = needed("bytewax.operators", "bytewax")
    testing = needed("bytewax.testing", "bytewax")
    flow = needed("bytewax.dataflow", "bytewax").Dataflow("workload")

    class Logic(operators.StatefulBatchLogic):  # type: ignore[name-defined,misc]
        """One key; it learns its name from its first message."""

        def __init__(self) -> None:
            self._state: OnePerson | None = None

        def on_batch(self, values: list[tuple[str, Message]]) -> tuple[list[Any], bool]:
            if self._state is None:
                self._state = OnePerson(questions, values[0][0], until_ms)
            self._state.take([message for _, message in values])
            return [], False

        def on_eof(self) -> tuple[list[str], bool]:
            return ([] if self._state is None else self._state.end()), False

        def snapshot(self) -> None:
            return None

    read = operators.input("lines", flow, testing.TestingSource(lines, batch_size=BATCH_LINES))
    routed = operators.flat_map_batch("route", read, Router(until_ms).route)
    keyed = operators.key_on("person", routed, itemgetter(0))
    flips = operators.stateful_batch("audiences", keyed, lambda _: Logic())
    operators.output("members", flips, testing.TestingSink(said))
    return flow
