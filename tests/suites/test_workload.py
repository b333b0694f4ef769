"""On the shared workload the product is exact: members at random instants, every flip.

The workload lies beside the repository where the project is worked on, not in every clone.
"""

from __future__ import annotations

import pytest

from benchmarks.case import Case
from benchmarks.exact import check
from benchmarks.workload import DEFAULT_FOLDER, Workload

INSTANTS = 20

if DEFAULT_FOLDER.is_dir():

    @pytest.mark.slow
    @pytest.mark.parametrize("audiences", [10, 100])
    def test_members_and_flips_are_the_oracles(audiences, tmp_path, capsys):
        compare(100_000, audiences, INSTANTS, tmp_path, capsys)

    @pytest.mark.full
    @pytest.mark.timeout(7_200)
    @pytest.mark.parametrize("audiences", [10, 100])
    def test_members_and_flips_of_a_million_events(audiences, tmp_path, capsys):
        compare(1_000_000, audiences, INSTANTS, tmp_path, capsys)


def compare(events, audiences, instants, folder, capsys):
    workload = Workload()
    file = workload.file(events, folder)
    case = Case(workload, file, file.read_bytes().splitlines(), audiences, folder)
    found = check(case, instants, seed=events)
    with capsys.disabled():
        print(  # noqa: T201 - the promised figures
            f"\n{events:,} events, {audiences} audiences: {found.instants} instants,"
            f" {found.memberships:,} memberships, {found.flips:,} entries and exits, all equal"
        )
    assert found.instants == instants + 1
    assert found.flips > events / 10
