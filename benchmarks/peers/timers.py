"""Who is in which audience, kept true by one heap of timers for each person and audience."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from heapq import heappop, heappush
from itertools import count

from benchmarks.peers.calls import Call
from benchmarks.peers.person import Person
from benchmarks.peers.terms import NEVER, Audience, Score
from benchmarks.workload import Question

Flip = tuple[int, Person, str, bool]  # at_ms, who, audience, whether they are in from then on


class Questions:
    """All audiences, and which of them an event may concern."""

    def __init__(self, asked: Sequence[Question], points: Mapping[str, int],
                 half_life_ms: int) -> None:  # fmt: skip
        self.score = Score(points, half_life_ms)
        self.audiences = [Audience(question, self.score) for question in asked]
        self._always = self._naming("*")
        self._of: dict[str, frozenset[int]] = {}

    def concerned(self, name: str) -> frozenset[int]:
        """The audiences to look at after an event."""
        found = self._of.get(name)
        if found is None:
            found = self._of[name] = self._always | self._naming(name)
        return found

    def _naming(self, name: str) -> frozenset[int]:
        return frozenset(i for i, each in enumerate(self.audiences) if name in each.names)


class Timers:
    """The memberships of some people: all of them in the loop, one in a stream's key."""

    def __init__(self, questions: Questions) -> None:
        self.questions = questions
        self.flips: list[Flip] = []
        self._every = range(len(questions.audiences))
        self._heap: list[tuple[int, int, Person, int]] = []
        self._number = count()

    def add(self, person: Person, call: Call) -> None:
        """Something happened; `look` follows once everything of the instant is added."""
        person.add(call, self.questions.score.of(call))

    def look(self, person: Person, audiences: Iterable[int] | None, now_ms: int) -> None:
        """Bring some memberships up to date (None: all), and set their timers."""
        for index in self._every if audiences is None else audiences:
            audience = self.questions.audiences[index]
            true, until = audience.look(person, now_ms)
            if true != (index in person.inside):
                (person.inside.add if true else person.inside.remove)(index)
                self.flips.append((now_ms, person, audience.name, true))
            if until >= NEVER:
                person.timers.pop(index, None)
            elif person.timers.get(index) != until:
                person.timers[index] = until
                heappush(self._heap, (until, next(self._number), person, index))

    def pass_time(self, until_ms: int) -> None:
        """Everything that is due up to an instant, each at its own."""
        heap = self._heap
        while heap and heap[0][0] <= until_ms:
            due_ms, _, person, index = heappop(heap)
            if person.timers.get(index) == due_ms:
                del person.timers[index]
                self.look(person, (index,), due_ms)
