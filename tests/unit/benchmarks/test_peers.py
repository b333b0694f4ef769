"""The peers answer each kind of question, and flip to the millisecond."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import pytest

from benchmarks.answers import WrongAnswer
from benchmarks.case import Case
from benchmarks.exact import hold_flips, hold_members, random_instants, received_by
from benchmarks.peers.calls import call_of
from benchmarks.peers.loop import ExactLoop
from benchmarks.peers.missing import PeerMissing
from benchmarks.peers.stream import run_stream
from benchmarks.peers.timers import Questions
from benchmarks.suite import Suite
from tests.unit.benchmarks.questions import ANSWER, END_MS, HOUR_MS, QUESTIONS, SmallWorkload, lines


def questions(asked=None):
    workload = SmallWorkload()
    return Questions(asked or QUESTIONS, workload.points, workload.half_life_ms)


def in_time():
    return [call for call in map(call_of, lines()) if call.received_ms <= END_MS]


def sorted_of(members):
    return {name: sorted(people) for name, people in members.items()}


def test_the_loop_answers_each_kind_of_question():
    loop = ExactLoop(questions())
    loop.take(in_time())
    loop.pass_time(END_MS)
    assert sorted_of(loop.members()) == ANSWER


def test_the_stream_answers_each_kind_of_question():
    if find_spec("bytewax") is None:  # it has no wheels for every machine, so nothing needs it
        with pytest.raises(PeerMissing, match="pip install bytewax"):
            run_stream(lines(), questions(), END_MS)
        return
    assert sorted_of(run_stream(lines(), questions(), END_MS)) == ANSWER


def test_the_loop_flips_to_the_millisecond():
    asked = [each for each in QUESTIONS if each[0] in ("counted", "silent", "scored")]
    loop = ExactLoop(questions(asked))
    loop.take(in_time())
    loop.pass_time(END_MS + 400 * HOUR_MS)
    told = {(who, audience, true): at for at, who, audience, true in loop.flips}
    assert told["ana", "counted", True] == END_MS - HOUR_MS // 2
    assert told["ana", "counted", False] == END_MS + HOUR_MS // 2
    assert told["d-cy", "silent", True] == END_MS - 56 * HOUR_MS + 1
    # 10 points halve in a week; the score reads 9 once it is 9 after rounding.
    began, at = END_MS - 5 * HOUR_MS, told["bo", "scored", False]
    assert round(10 * 2 ** ((began - at) / (168 * HOUR_MS)), 9) <= 9
    assert round(10 * 2 ** ((began - at + 1) / (168 * HOUR_MS)), 9) > 9


def test_who_logs_in_on_a_device_takes_its_past_along():
    asked = [("counted", [(("count", "Seen", 24 * HOUR_MS), ">=", 2)])]
    told = [
        call(1, "m1", None, "d1", "Seen"), call(2, "m2", "u", "d2", "Other"),
        call(2, "m2", "u", "d2", "Other"), call(3, "m3", None, "d1", "Seen"),
        call(4, "m4", "u", "d1", "Other"), call(5, "m5", None, "d1", "Seen"),
    ]  # fmt: skip
    loop = ExactLoop(questions(asked))
    loop.take(told)
    # In as a device, in again as the user: the device's person is somebody else's from then on.
    assert loop.flips == [(3, "u", "counted", True), (4, "u", "counted", True)]
    loop.pass_time(100 * HOUR_MS)
    assert loop.flips[2:] == [(3 + 24 * HOUR_MS, "u", "counted", False)]
    assert loop.members() == {"counted": []}


def call(at_ms, message_id, user, device, name):
    made = call_of(lines()[0])
    return type(made)(at_ms, at_ms, message_id, user, device, name, None, None, None)


def test_a_difference_in_members_is_told():
    hold_members("engine", {"a": ["x", "y"]}, {"a": ["y", "x"]})
    with pytest.raises(WrongAnswer, match=r"engine, a: 1 .*too many \['y'\], missing \['z'\]"):
        hold_members("engine", {"a": ["y"]}, {"a": ["z"]})


def test_one_millisecond_is_a_difference():
    hold_flips([(1, "ana", "a", True)], [(1, "ana", "a", True)])
    with pytest.raises(WrongAnswer, match=r"Only the engine: \[\(2, 'ana', 'a', True\)\]"):
        hold_flips([(2, "ana", "a", True)], [(1, "ana", "a", True)])


def test_instants_are_drawn_from_the_files_span(tmp_path):
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join(lines()))
    case = Case(SmallWorkload(), file, lines(), len(QUESTIONS), tmp_path)
    drawn = random_instants(case, 5, seed=1)
    assert drawn == random_instants(case, 5, seed=1) != random_instants(case, 5, seed=2)
    assert drawn == sorted(drawn)
    assert drawn[-1] == END_MS
    assert END_MS - 80 * HOUR_MS <= drawn[0]
    assert len(received_by(lines(), END_MS)) == len(lines()) - 1
    assert received_by(lines(), END_MS - 81 * HOUR_MS) == []


def test_a_peer_that_is_not_installed_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "bytewax", None)
    monkeypatch.setitem(sys.modules, "bytewax.testing", None)
    with pytest.raises(PeerMissing, match="pip install bytewax"):
        run_stream(lines(), questions(), END_MS)
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join(lines()))
    case = Case(SmallWorkload(), file, lines(), len(QUESTIONS), tmp_path)
    suite = Suite(case, frozenset(["bytewax"]), {})
    assert list(suite.readings()) == []
    assert suite.missing.keys() == {"bytewax"}
