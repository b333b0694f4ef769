"""The straightforward exact way in plain Python: everybody in memory, one heap of timers.

Exact at every millisecond, like the product; but nothing is written anywhere, so it ends with
its process, and a person's past is kept whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.peers.calls import Call, instants, once
from benchmarks.peers.person import Person
from benchmarks.peers.timers import Questions, Timers


class ExactLoop:
    """Calls in order of arrival in, memberships out."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions
        self._timers = Timers(questions)
        self._people: dict[str, Person] = {}  # by user or device
        self._user_of: dict[str, str] = {}  # by device

    @property
    def flips(self) -> list[tuple[int, str, str, bool]]:
        """All entries and exits so far as (at_ms, who it turned out to be, audience, in)."""
        return [(at, who.final_name(), name, true) for at, who, name, true in self._timers.flips]

    def take(self, calls: Iterable[Call]) -> None:
        """Let what was received happen, and the time in between pass."""
        for now_ms, together in instants(once(calls)):
            self._timers.pass_time(now_ms - 1)
            self._happen(now_ms, together)

    def pass_time(self, until_ms: int) -> None:
        """Let time go on to an instant."""
        self._timers.pass_time(until_ms)

    def members(self) -> dict[str, list[str]]:
        """Who is in each audience now."""
        found: dict[str, list[str]] = {each.name: [] for each in self._questions.audiences}
        for person in set(self._people.values()):
            for index in person.inside:
                found[self._questions.audiences[index].name].append(person.name)
        return found

    def _happen(self, now_ms: int, calls: Sequence[Call]) -> None:
        """Take everything in first, then look at each person once."""
        touched: dict[Person, frozenset[int] | None] = {}  # None: at all audiences
        for call in calls:
            person, changed = self._whose(call, touched)
            self._timers.add(person, call)
            known = touched.get(person, frozenset())
            if changed or known is None:
                touched[person] = None
            else:
                touched[person] = known | self._questions.concerned(call.name)
        for person, audiences in touched.items():
            self._timers.look(person, audiences, now_ms)

    def _whose(
        self, call: Call, touched: dict[Person, frozenset[int] | None]
    ) -> tuple[Person, bool]:
        """The person, and whether they are new or became somebody more."""
        people, device = self._people, call.device
        user = call.user or self._user_of.get(device)
        if user is None:
            person = people.get(device)
            if person is None:
                people[device] = person = Person(device)
                return person, True
            return person, False
        fresh = device not in self._user_of
        self._user_of[device] = user
        person, before = people.get(user), people.pop(device, None) if fresh else None
        if person is None:  # a device's person goes on under the user's name
            people[user] = person = before or Person(user)
            person.name = user
            return person, True
        if before is None:
            return person, False
        touched.pop(before, None)
        person.absorb(before)
        return person, True
