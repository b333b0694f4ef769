"""The plan that is measured asks the workload's questions, and the engine answers them."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from benchmarks.answers import members_of
from benchmarks.case import Case
from benchmarks.rules import plan_of, project_of
from benchmarks.stages.advance import advance_stage
from benchmarks.stages.folding import fold_file
from benchmarks.suite import STAGES, Suite
from benchmarks.workload import DEFAULT_FOLDER, Workload
from ebbline.definitions import load_files
from ebbline.hosts.embedded.importing import replay
from tests.unit.benchmarks.questions import ANSWER, END_MS, SmallWorkload, lines

EVENTS = 5_000


def test_each_kind_of_question_is_answered(tmp_path):
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join(lines()) + b"\n")
    plan = plan_of(SmallWorkload(), len(ANSWER))
    summary = replay(plan, tmp_path / "data", file, END_MS)
    assert (summary.profiles, summary.later, summary.rejected) == (3, 1, 0)
    members = members_of(tmp_path / "data/state.db", ANSWER)
    assert {name: sorted(people) for name, people in members.items()} == ANSWER


def test_the_project_on_disk_is_the_plan():
    plan = plan_of(SmallWorkload(), len(ANSWER))
    loaded = load_files(project_of(plan))
    assert loaded.plan is not None, loaded.errors
    assert [(each.name, each.when) for each in loaded.plan.audiences] == [
        (each.name, each.when) for each in plan.audiences
    ]
    assert loaded.plan.identifiers == plan.identifiers


def test_an_unknown_question_is_named():
    workload = SmallWorkload()
    workload.questions = lambda _: [("x", [(("median", "Order Completed"), ">", 1)])]
    with pytest.raises(ValueError, match="median"):
        plan_of(workload, 1)


# The workload lies beside the repository where the project is worked on, not in every clone.
if DEFAULT_FOLDER.is_dir():

    @pytest.fixture(scope="module")
    def workload():
        return Workload()

    @pytest.fixture(params=[10, 100])
    def case(request, workload, tmp_path):
        file = workload.file(EVENTS, tmp_path)
        return Case(workload, file, file.read_bytes().splitlines(), request.param, tmp_path)

    def test_replay_answers_as_the_oracle(case, tmp_path):
        replay(case.plan, tmp_path / "data", case.file, case.until_ms)
        members = members_of(
            tmp_path / "data/state.db", [each.name for each in case.plan.audiences]
        )
        assert any(members.values())
        assert case.workload.digest(members) == case.workload.answer(case.lines, case.audiences)

    def test_stages_check_their_answers(case):
        advance_stage(case)
        fold_file(case).folder.cleanup()
        case._expected = "another"
        with pytest.raises(Exception, match="another"):
            advance_stage(case)

    def test_every_stage_runs(workload, tmp_path):
        file = workload.file(1_000, tmp_path)
        case = Case(workload, file, file.read_bytes().splitlines(), 10, tmp_path)
        suite = Suite(case, frozenset(STAGES), {})
        readings = list(suite.readings())
        figures = suite.figures(readings)
        suite.close()
        there = find_spec("bytewax") is not None  # it has no wheels for every machine
        assert suite.missing.keys() == (set() if there else {"bytewax"})
        assert [reading.stage for reading in readings] == [
            stage for stage in STAGES if stage not in suite.missing
        ]
        assert sum(share.share for share in figures.shares) == pytest.approx(1)
        assert list(tmp_path.iterdir()) == [file]
