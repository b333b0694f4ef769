"""Versions are read from the log alone: what was proposed, what is live, what was given up."""

from __future__ import annotations

from pathlib import Path

import pytest

from ebbline.definitions.plan import DEFAULT_IDENTIFIERS, Plan, encode_plan
from ebbline.errors import NotFound
from ebbline.hosts.embedded.log import Log
from ebbline.hosts.embedded.versions import (
    Proposal,
    Versions,
    given_up,
    go_live,
    plan_of,
    propose,
    read_versions,
)
from ebbline.testing import VirtualClock


def plan(name: str) -> Plan:
    return Plan(name, DEFAULT_IDENTIFIERS)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """A log in which the plan "one" is live."""
    made = Log(tmp_path / "log.db", VirtualClock(1_000))
    made.append("definitions", encode_plan(plan("one")))
    made.append("tick")
    return made


def standings(known: Versions) -> list[str]:
    return [version.standing for version in known.all]


def test_a_proposal_becomes_live(log: Log) -> None:
    known = propose(log, Proposal(plan("two"), "ana", "because"))
    assert standings(known) == ["live", "open"]
    assert known.open is not None
    assert (known.open.number, known.open.who, known.open.note) == (2, "ana", "because")
    assert go_live(log, known.open, known) is not None
    known = read_versions(log)
    assert standings(known) == ["replaced", "live"]
    assert known.live is not None
    assert plan_of(known.live).name == "two"
    assert known.live.live_offset == known.last_offset


def test_a_newer_proposal_takes_the_place_of_an_open_one(log: Log) -> None:
    propose(log, Proposal(plan("two")))
    known = propose(log, Proposal(plan("three")))
    assert standings(known) == ["live", "superseded", "open"]


def test_what_is_open_already_is_not_proposed_again(log: Log) -> None:
    first = propose(log, Proposal(plan("two")))
    assert propose(log, Proposal(plan("two"))) == first


def test_what_is_live_is_not_proposed(log: Log) -> None:
    assert standings(propose(log, Proposal(plan("one")))) == ["live"]


def test_proposing_what_is_live_gives_up_what_is_open(log: Log) -> None:
    propose(log, Proposal(plan("two")))
    assert standings(propose(log, Proposal(plan("one")))) == ["live", "withdrawn"]


def test_withdrawing(log: Log) -> None:
    before = propose(log, Proposal(None))
    assert before.last_offset == 1  # nothing was open, so nothing is said
    propose(log, Proposal(plan("two")))
    assert standings(propose(log, Proposal(None, "ana"))) == ["live", "withdrawn"]


def test_nothing_goes_live_that_was_given_up_meanwhile(log: Log) -> None:
    """The engine looked before somebody withdrew: its entry does not come into the log."""
    known = propose(log, Proposal(plan("two")))
    propose(log, Proposal(None))
    assert known.open is not None
    assert go_live(log, known.open, known) is None
    assert standings(read_versions(log)) == ["live", "withdrawn"]


def test_a_plan_that_was_live_before_gets_a_number_of_its_own(log: Log) -> None:
    for name, of in (("two", 0), ("one", 1)):
        known = propose(log, Proposal(plan(name), of=of))
        assert known.open is not None
        go_live(log, known.open, known)
    known = read_versions(log)
    assert standings(known) == ["replaced", "replaced", "live"]
    assert known.all[2].of == 1


def test_definitions_without_a_proposal_are_versions_too(log: Log) -> None:
    log.append("definitions", encode_plan(plan("two")))
    log.append("definitions", encode_plan(plan("two")))
    known = read_versions(log)
    assert standings(known) == ["replaced", "live"]


def test_a_plan_written_by_an_older_ebbline_is_the_same_plan(log: Log) -> None:
    """Fields that came later have their defaults, so nothing has changed."""
    log.append("definitions", b'{"name":"two","identifiers":[]}')
    known = propose(log, Proposal(Plan("two", ())))
    assert standings(known) == ["replaced", "live"]


def test_numbers(log: Log) -> None:
    known = read_versions(log)
    assert known.numbered(1).standing == "live"
    for number in (0, 2):
        with pytest.raises(NotFound, match="there are 1 to 1"):
            known.numbered(number)


def test_a_start_does_not_overrule_a_decision(log: Log) -> None:
    """Withdrawn, or rolled back from: the project's files alone do not bring it back."""
    propose(log, Proposal(plan("two")))
    known = propose(log, Proposal(None))
    assert given_up(known, plan("two"))
    assert not given_up(known, plan("three"))
    known = propose(log, Proposal(plan("three")))
    assert known.open is not None
    go_live(log, known.open, known)
    known = propose(log, Proposal(plan("one"), of=1))
    assert given_up(known, plan("three"))
    assert known.open is not None
    go_live(log, known.open, known)
    assert given_up(read_versions(log), plan("three"))
    assert not given_up(read_versions(log), plan("four"))
