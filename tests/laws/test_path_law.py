"""What depends on the past, and what is set by hand: engine and replay agree at every instant."""

from __future__ import annotations

from hypothesis import given

from ebbline.engine.explain import explain
from tests.laws.adapter import Subject
from tests.laws.cases import Case
from tests.laws.facts import Timed
from tests.laws.narrow import TOLD, TRACKED, Comings, Tellings, narrow
from tests.laws.profile import law
from tests.laws.steps import batches
from tests.laws.tape import Tape
from tests.laws.timeline import Replay, timeline

Command = tuple[int, str, bool | None, int | None]


@law
@given(narrow(Comings, TRACKED))
def test_least_times_are_kept_to_the_millisecond(case: Case) -> None:
    """Every change is the same, wherever the person is packed and unpacked on the way."""
    (arrivals,) = case.people
    clock_first = case.spare[0] < 128
    subject = Subject(case.plan, clock_first=clock_first)
    subject.restore_when(int.from_bytes(case.spare[1:], "big"))
    for now_ms, events in batches(arrivals):
        subject.arrive(now_ms, events)
    subject.clock(case.until_ms)
    expected = timeline(case.plan, arrivals, case.until_ms, clock_first=clock_first)
    assert sorted(subject.flips) == sorted(expected)


@law
@given(narrow(Tellings, TOLD))
def test_what_is_said_of_a_person(case: Case) -> None:
    """Consent, user ids, versions, lists and buckets."""
    (arrivals,) = case.people
    subject = Subject(case.plan)
    for now_ms, events in batches(arrivals):
        subject.arrive(now_ms, events)
    subject.clock(case.until_ms)
    assert sorted(subject.flips) == sorted(timeline(case.plan, arrivals, case.until_ms))


def commands(case: Case, tape: Tape, arrivals: list[Timed]) -> list[Command]:
    """A few at instants around those of the events; some run out at such an instant."""
    first = arrivals[0][0]
    steps = sorted({now_ms - first for now_ms, _ in arrivals} | {1, case.until_ms - first})
    found: list[Command] = []
    for _ in range(1 + tape.below(5)):
        at_ms = first + tape.one_of(steps) + tape.below(2)
        until_ms = at_ms + tape.one_of(steps) + tape.below(2) if tape.below(3) else None
        value = tape.one_of((True, False, None))
        audience = tape.one_of(case.plan.audiences).name
        found.append((at_ms, audience, value, until_ms if until_ms != at_ms else None))
    return sorted(found, key=lambda command: command[0])


def played(case: Case, person: int, orders: list[Command], until_ms: int) -> tuple[Subject, Replay]:
    """Engine and replay of one person up to an instant; events of an instant go first."""
    arrivals = [timed for timed in case.people[person] if timed[0] <= until_ms]
    subject, replay = Subject(case.plan, 1 + person), Replay(case.plan, 1 + person)
    last_ms = arrivals[0][0] if arrivals else until_ms
    instants = {now_ms for now_ms, _ in arrivals} | {order[0] for order in orders} | {until_ms}
    known = dict(batches(arrivals))
    for now_ms in sorted(at for at in instants if last_ms <= at <= until_ms):
        replay.pass_time(last_ms, now_ms)
        subject.clock(now_ms)
        if now_ms in known:
            subject.arrive(now_ms, known[now_ms])
            replay.learn(known[now_ms], now_ms)
        for at_ms, audience, value, end_ms in orders:
            if at_ms == now_ms:
                subject.force(audience, value, end_ms, now_ms)
                replay.force(audience, value, end_ms, now_ms)
        last_ms = now_ms
    return subject, replay


@law
@given(narrow(Comings, TRACKED))
def test_what_is_set_by_hand_wins_until_it_runs_out(case: Case) -> None:
    """At the exact instant, over rules and least times."""
    (arrivals,) = case.people
    orders = commands(case, Tape(case.spare[1:]), arrivals)
    subject, replay = played(case, 0, orders, case.until_ms)
    assert sorted(subject.flips) == sorted(replay.flips)


@law
@given(narrow(Comings, TRACKED, people=2))
def test_a_merge_keeps_what_the_winner_stood_in(case: Case) -> None:
    """Its memberships and their least times; of what was set by hand, its own goes first."""
    ours, theirs = case.people
    tape = Tape(case.spare)
    last_ms = max(ours[-1][0], theirs[-1][0]) + tape.one_of((0, 1, 60_000))
    people = [
        played(case, person, commands(case, tape, case.people[person]), last_ms)
        for person in (0, 1)
    ]
    (winner, mine), (loser, other) = people
    winner.merge(loser, last_ms)
    mine.join(other, last_ms)
    assert sorted(winner.flips) == sorted(mine.flips)
    winner.restore()
    winner.clock(case.until_ms)
    mine.pass_time(last_ms, case.until_ms)
    assert sorted(winner.flips) == sorted(mine.flips)


@law
@given(narrow(Comings, TRACKED))
def test_an_explanation_is_never_late(case: Case) -> None:
    """It says who is in, and an instant not after the next change of anything."""
    (arrivals,) = case.people
    orders = commands(case, Tape(case.spare[1:]), arrivals)
    now_ms = arrivals[case.spare[0] % len(arrivals)][0]
    subject, replay = played(case, 0, orders, now_ms)
    told = [explain(subject.tables, subject.profile, name, now_ms) for name in subject.state]
    assert [each.member for each in told] == [raw for raw, _ in subject.state.values()]
    flip_ms = replay.next_flip(now_ms, case.until_ms)
    if flip_ms is not None:
        assert min(each.until_ms or flip_ms + 1 for each in told) <= flip_ms
    assert all(each.until_ms is None or now_ms < each.until_ms for each in told)
