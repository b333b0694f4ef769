"""`slo:` and `probe:` in project files: what they become, and what is said about mistakes."""

from __future__ import annotations

import pytest

from ebbline.definitions.plan import AlertDef, ProbeDef, SloDef
from ebbline.definitions.project.load import load_files

BASE = {
    "tracking-plan/all.yml": "events: {Ebbline Probe: {}}\n",
    "traits/all.yml": 'traits:\n  last_probe: {value: last_time("Ebbline Probe")}\n',
}


def load(slo="", probe=""):
    project = f"name: shop\n{slo}"
    destination = (
        f"destinations:\n  hook:\n    type: webhook\n    sync: [{{trait: last_probe}}]\n{probe}"
    )
    files = BASE | {"ebbline.yml": project, "destinations/all.yml": destination}
    return load_files({path: text.encode() for path, text in files.items()})


def only_error(loaded):
    (found,) = loaded.errors
    return found


def test_a_project_that_says_nothing_promises_the_usual():
    slo = load().plan.slo
    assert slo == SloDef(90_000, 120_000, 0.999, 30 * 86_400_000, ())


def test_everything_can_be_said():
    loaded = load(
        "slo:\n"
        "  latency_alert: 30s\n"
        "  latency_objective: 1m\n"
        "  success: 99.95 %\n"
        "  window: 7d\n"
        "  alerts:\n"
        "    - {webhook: https://example.com/hook, secret: env:HOOK_SECRET}\n"
        "    - {email: ops@example.com, smtp: smtp://ops@mail.example.com:587,"
        " from: ebbline@example.com, password: env:SMTP_PASSWORD}\n"
    )
    assert loaded.findings == ()
    assert loaded.plan.slo == SloDef(
        30_000, 60_000, 0.9995, 7 * 86_400_000,
        (
            AlertDef("https://example.com/hook", "env:HOOK_SECRET"),
            AlertDef("", "", "ops@example.com", "smtp://ops@mail.example.com:587",
                     "ebbline@example.com", "env:SMTP_PASSWORD"),
        ),
    )  # fmt: skip


def test_an_objective_below_the_usual_alert_brings_the_alert_along():
    assert load("slo: {latency_objective: 60s}\n").plan.slo.latency_alert_ms == 60_000


@pytest.mark.parametrize(
    ("slo", "code", "says"),
    [
        ("latency_alert: 200s", "bad_objective", "too late"),
        ("success: 0.999", "bad_objective", "99.9%"),
        ("success: 100%", "bad_objective", "below 100 %"),
        ("success: often", "bad_objective", "99.9%"),
        ("window: 90d", "bad_objective", "35d"),
        ("window: 10m", "bad_objective", "1h"),
        ("alerts: [{webhook: http://example.com}]", "bad_alert", "https://"),
        ("alerts: [{}]", "bad_alert", "one of them"),
        ("alerts: [{email: ops@example.com}]", "bad_alert", "smtp"),
        ("alerts: [{email: ops, smtp: smtp://mail}]", "bad_alert", "no e-mail address"),
        ("alerts: [{webhook: https://a.example, secret: abc}]", "literal_secret", "env:NAME"),
        ("alerts: [{webhook: https://a.example, smtp: smtp://m}]", "bad_alert", "belongs to email"),
    ],
)
def test_a_mistake_is_named_with_what_to_write(slo, code, says):
    found = only_error(load(f"slo:\n  {slo}\n"))
    assert found.code == code
    assert says in f"{found.message} {found.hint}"
    assert (found.file, found.line) == ("ebbline.yml", 3)


def test_a_probe_has_a_usual_person_and_event():
    loaded = load(probe="    probe: {every: 5m, trait: last_probe}\n")
    (destination,) = loaded.plan.destinations
    assert destination.probe == ProbeDef(300_000, "ebbline-probe", "Ebbline Probe", "last_probe")
    assert "probe" not in destination.settings


@pytest.mark.parametrize(
    ("probe", "says"),
    [
        ("{every: 5m, trait: last_prob}", "last_probe"),
        ("{every: 5m, trait: other_thing}", "{trait: other_thing}"),
        ("{every: 10s, trait: last_probe}", "1m"),
    ],
)
def test_a_probe_that_cannot_work_is_refused(probe, says):
    found = only_error(load(probe=f"    probe: {probe}\n"))
    assert found.code == "bad_probe"
    assert says in f"{found.message} {found.hint}"
