"""What every database is held to: the brute-force oracle's answers, person by person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
from hypothesis import HealthCheck, given, settings

from ebbline.definitions import tree
from ebbline.definitions.plan import Plan
from ebbline.definitions.walk import every
from ebbline.warehouse import answers, memberships
from tests.differential.databases import Database
from tests.differential.rows import rows_of
from tests.laws import oracle
from tests.laws.cases import Case, cases
from tests.laws.facts import PersonFacts, Timed
from tests.laws.profile import CASES
from tests.laws.timeline import candidates
from tests.laws.values import alike

SQL_CASES = min(500, max(25, CASES // 4))
"""Random plans in a usual run: 500 in `make check`."""
FULL_CASES = 10_000
PEOPLE = 4
INSTANTS = 2


def hold(case: Case, instants: Sequence[int], database: Database) -> int:
    """Compare everybody's answers at some instants; how many were compared."""
    compared = 0
    database.hold(rows_of(case.people))
    for at_ms in instants:
        query = memberships(case.plan, at_ms, database.dialect)
        found = {answer.profile: answer for answer in answers(query, database.ask(query.sql()))}
        for number, facts in known_at(case.people, at_ms):
            answer = found.pop(number)
            raw = oracle.memberships(case.plan, facts, at_ms)
            wrong = {name for name, truth in raw.items() if answer.raw[name] is not truth}
            assert wrong == set(), (number, at_ms)
            assert answer.effective == oracle.effective(case.plan, raw), (number, at_ms)
            for trait in case.plan.traits:
                expected = oracle.plain(oracle.trait(trait.name, facts, case.plan, at_ms))
                assert alike(answer.traits[trait.name], expected), (trait.name, number, at_ms)
            compared += 1
        assert not found, "somebody of whom nothing is known yet"
    return compared


def known_at(people: Sequence[list[Timed]], at_ms: int) -> Iterator[tuple[int, PersonFacts]]:
    """Everybody of whom something is known at an instant, with their number."""
    for number, arrivals in enumerate(people, 1):
        events = tuple(event for now_ms, event in arrivals if now_ms <= at_ms)
        if events:
            yield number, PersonFacts(events, number)


def instants_of(case: Case) -> list[int]:
    """A few of the instants at which something may flip, drawn by the case itself."""
    arrivals = [timed for person in case.people for timed in person]
    everything = PersonFacts(tuple(event for _, event in arrivals))
    first_ms = min(now_ms for now_ms, _ in arrivals)
    found = candidates(case.plan, everything, first_ms - 1, case.until_ms)
    return sorted({found[byte * len(found) // 256] for byte in case.spare[:INSTANTS]})


def try_law(database: Database, number: int) -> Counter[str]:
    """Hold a database to random cases; how often each function of the language was reached."""
    reached: Counter[str] = Counter()

    @settings(
        max_examples=number, deadline=None, print_blob=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(cases(people=PEOPLE, by_path=False))
    def law(case: Case) -> None:
        hold(case, instants_of(case), database)
        reached.update(functions_of(case.plan))

    law()
    return reached


def functions_of(plan: Plan) -> set[str]:
    """The functions of the language that a plan uses, by the names of the language page."""
    rules = [*(t.value for t in plan.traits), *(a.when for a in plan.audiences)]
    return {name for rule in rules for node in every(rule) for name in _names(node)}


def _names(node: msgspec.Struct) -> Iterator[str]:
    match node:
        case tree.Aggregate():
            yield node.name
            seen = {"first_time": "first_seen", "last_time": "last_seen"}
            if node.name in seen and node.events == tree.Events(("*",)):
                yield seen[node.name]
        case tree.Call():
            yield node.name
        case tree.Score():
            yield from ("score", "points")
        case tree.Matched() | tree.Missed() | tree.Sequence():
            yield {"Matched": "matched", "Missed": "missed"}.get(type(node).__name__, "sequence")
            sets = (getattr(node, name, None) for name in ("a", "b", "event", "after"))
            steps = [each for each in sets if each is not None] or list(node.steps)
            if any(each.where is not None for each in steps):
                yield "step"
        case _:
            named = {
                tree.LastN: "last_n", tree.Trait: "trait", tree.Property: "property",
                tree.AudienceRef: "audience", tree.Moment: "timestamp",
                tree.Duration: "duration", tree.ListRef: "list",
            }  # fmt: skip
            if type(node) in named:
                yield named[type(node)]
