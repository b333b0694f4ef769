"""The example runner: what it accepts, and how it says what went wrong."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

import ebbline.console
from ebbline.definitions import load_files, load_project
from ebbline.errors import ProjectError
from ebbline.testing import examples
from ebbline.testing.examples import run_examples
from tests.unit.testing.projects import project

SHOP = Path(ebbline.console.__file__).parent / "templates" / "shop"

WARM = """
audiences:
  warm:
    when: count("Demo Watched", within="1h") >= 2
    owner: me
    review_by: 2100-01-01
    examples:
      - name: two demos
        events:
{events}
        expect:
{expect}
"""


def run(events, expect, audiences=WARM):
    def rows(lines):
        return "\n".join(f"          - {{{line}}}" for line in lines)

    text = audiences.format(events=rows(events), expect=rows(expect))
    (result,) = run_examples(project(text))
    return result


def test_the_shop_of_init_keeps_its_word_to_the_millisecond():
    results = run_examples(load_project(SHOP))
    assert len(results) >= 9
    assert [result.message for result in results if not result.passed] == []
    audiences = {audience.name for audience in load_project(SHOP).plan.audiences}
    assert {result.audience for result in results} == audiences


def test_an_instant_includes_its_own_events_and_its_own_timers():
    events = ["at: 1m, track: Demo Watched", "at: 2m, track: Demo Watched"]
    expect = [
        "at: 1m59s999ms, in: false",
        "at: 2m, in: true",
        "at: 1h59s999ms, in: true",
        "at: 1h1m, in: false",
    ]
    result = run(events, expect)
    assert (result.passed, result.message, result.line) == (True, "", 8)


def test_expectations_may_stand_in_any_order():
    events = ["at: 1m, track: Demo Watched, times: 2"]
    assert run(events, ["at: 1h1m, in: false", "at: 1m, in: true", "at: 0s, in: false"]).passed


def test_a_failure_names_what_when_and_the_call_that_caused_it():
    events = ["at: 1m, user: ana, track: Demo Watched", "at: 5m, user: ana, track: Demo Watched"]
    result = run(events, ["at: 10m, in: false"])
    assert not result.passed
    assert (result.file, result.line) == ("audiences/a.yml", 13)
    assert result.message == (
        "audiences/a.yml:13: at 10m ana should not be in warm but is:"
        ' entered at 5m, by track "Demo Watched" at 5m'
    )


def test_a_failure_names_the_clock():
    result = run(["at: 1m, track: Demo Watched, times: 2"], ["at: 2h, in: true"])
    assert result.message.endswith("in warm but is not: left at 1h1m, by the clock")


def test_a_failure_tells_the_never_entered_from_the_unknown():
    result = run(["at: 1m, track: Demo Watched"], ["at: 0s, in: true", "at: 1m, in: true"])
    first, second = result.message.splitlines()
    assert first.endswith("nobody of that name has done anything yet")
    assert second.endswith("never entered it")
    assert result.line == 12


def test_repeats_late_arrivals_and_duplicates():
    every = ["at: 0s, track: Demo Watched, times: 3, every: 30m"]
    assert run(every, ["at: 29m, in: false", "at: 30m, in: true", "at: 1h30m, in: false"]).passed
    late = ["at: 0s, track: Demo Watched", "at: 10m, track: Demo Watched, late: 20m"]
    assert run(
        late, ["at: 29m59s999ms, in: false", "at: 30m, in: true", "at: 1h, in: false"]
    ).passed
    twice = ["at: 0s, track: Demo Watched, id: m1", "at: 1m, track: Demo Watched, id: m1"]
    assert run(twice, ["at: 1m, in: false"]).passed


def test_a_login_brings_the_device_along():
    events = [
        "at: 1m, anonymous: phone, track: Demo Watched",
        "at: 2m, user: ana, track: Demo Watched",
        "at: 3m, user: ana, anonymous: phone, identify: {plan: free}",
    ]
    expect = [
        "at: 2m, user: ana, in: false",
        "at: 3m, user: ana, in: true",
        "at: 3m, anonymous: phone, in: true",
        "at: 1h1m, user: ana, in: false",
    ]
    assert run(events, expect).passed


def test_every_kind_of_call_counts():
    rule = """
audiences:
  busy:
    when: count("*") >= 6
    owner: me
    review_by: 2100-01-01
    examples:
      - name: six calls
        events:
{events}
        expect:
{expect}
"""
    events = [
        "at: 0s, user: ana, track: Signed Up",
        "at: 1s, user: ana, page: Home",
        "at: 2s, user: ana, screen: Home",
        "at: 3s, user: ana, identify: {plan: free}",
        "at: 4s, user: ana, group: acme",
        "at: 5s, user: ana, alias: phone",
    ]
    assert run(events, ["at: 4s, in: false", "at: 5s, in: true"], rule).passed


def test_a_call_that_would_be_refused_fails_the_example():
    bad = "at: 0s, track: Demo Watched, properties: {text: %s}" % ("x" * 40_000)
    result = run([bad], ["at: 0s, in: false"])
    assert not result.passed
    assert result.message.startswith(
        'audiences/a.yml:8: track "Demo Watched" at 0s is no valid call: the event has'
    )


GROUPED = """
audiences:
  vip:
    when: sum("Order Completed", revenue, within="2h") > 100
    owner: me
    review_by: 2100-01-01
  buyer:
    when: performed("Order Completed")
    owner: me
    review_by: 2100-01-01
    examples:
      - name: vip first
        events:
          - {{at: 1h, track: Order Completed, properties: {{revenue: 500}}}}
        expect:
          - {{at: 1h, in: true, effective: false}}
          - {{at: 3h, in: true, effective: true}}
          - {expect}
groups:
  loyalty: {{priority: [vip, buyer]}}
"""


def grouped(expect):
    (result,) = run_examples(project(GROUPED.format(expect=expect)))
    return result


def test_effective_membership_follows_the_priority_groups():
    assert grouped("{at: 4h, audience: vip, in: false}").passed
    result = grouped("{at: 2h, in: true, effective: true}")
    assert result.message == (
        "audiences/a.yml:18: at 2h somebody should count as buyer after priority groups but does"
        ' not: entered at 1h, by track "Order Completed" at 1h; suppressed by vip'
    )
    result = grouped("{at: 3h, in: true, effective: false}")
    assert result.message.endswith("but does: restored at 3h, by the clock")


def test_a_project_with_errors_is_not_run():
    with pytest.raises(ProjectError):
        run_examples(load_files({"ebbline.yml": b"nonsense: 1"}))


def test_the_documented_example_runs():
    assert doctest.testmod(examples).failed == 0


OPTIONS = """
audiences:
  warm:
    enter_when: count("Demo Watched", within="1h") >= 2
    exit_when: not performed("Demo Watched", within="1h")
    hold: 2h
    cooldown: 1d
    limit_to_purposes: [sales]
    owner: me
    review_by: 2100-01-01
    examples:
      - name: two demos
        events:
{events}
        expect:
{expect}
"""


def test_options_of_an_audience_keep_to_the_same_clock():
    yes = "context: {consent: {categoryPreferences: {sales: true}}}"
    events = [
        "at: 0s, track: Demo Watched, times: 2",
        f"at: 1m, track: Demo Watched, {yes}",
        "at: 3h, track: Demo Watched, times: 2",
        "at: 26h, track: Demo Watched, times: 2",
    ]
    expect = [
        "at: 0s, in: false",
        "at: 1m, in: true",
        "at: 2h59s999ms, in: true",
        "at: 2h1m, in: false",
        "at: 3h, in: false",
        "at: 26h59s999ms, in: false",
        "at: 26h1m, in: true",
    ]
    result = run(events, expect, OPTIONS)
    assert (result.passed, result.message) == (True, "")
