"""Runs the examples of audiences as `ebbline test` does: on an exact clock, through the real way.

Each example begins at 2026-01-01T00:00:00Z with nobody known. Its calls are parsed, resolved and
evaluated by the same fold that a running system uses, over a state that lives in memory only.
It deliberately loads no project: `definitions` has found every mistake in the files before.
"""

from __future__ import annotations

import msgspec

from ebbline.definitions import Example, Expectation, Loaded
from ebbline.definitions.durations import format_duration
from ebbline.definitions.plan import Plan
from ebbline.errors import ProjectError
from ebbline.testing.stage import Happened, Stage
from ebbline.testing.virtual_clock import START_MS


class ExampleResult(msgspec.Struct, frozen=True):
    """How one example went. `message` is empty when it passed, else one line for each thing
    that was not as expected, each with its own `file:line:`. `file` and `line` are the first of
    these places, or where the example stands."""

    audience: str
    example: str
    passed: bool
    message: str
    file: str
    line: int


def run_examples(loaded: Loaded) -> list[ExampleResult]:
    """Run all examples of a loaded project, in the order of its files.

    Raises ProjectError for a project with errors, which has no plan to run.

    >>> from ebbline.definitions import load_files
    >>> rule = 'performed("Demo Watched", within="1h")'
    >>> files = {
    ...     "ebbline.yml": b"name: tiny",
    ...     "audiences/a.yml": f'''
    ... audiences:
    ...   warm:
    ...     when: {rule}
    ...     owner: me
    ...     review_by: 2100-01-01
    ...     examples:
    ...       - name: an hour
    ...         events: [{{at: 1m, track: Demo Watched}}]
    ...         expect: [{{at: 61m, in: true}}]
    ... '''.encode(),
    ... }
    >>> print(run_examples(load_files(files))[0].message)
    audiences/a.yml:10: at 1h1m somebody should be in warm but is not: left at 1h1m, by the clock
    """
    if loaded.plan is None:
        message = "The project has errors; `ebbline validate` lists them."
        raise ProjectError(message)
    return [run_example(loaded.plan, example) for example in loaded.examples]


def run_example(plan: Plan, example: Example) -> ExampleResult:
    """Run one example under a plan; see `run_examples`."""
    stage = Stage(plan, example)
    failures: list[tuple[int, str]] = []
    for expectation in sorted(example.expect, key=lambda one: one.at_ms):
        stage.play_until(expectation.at_ms)
        failures += [(expectation.line, said) for said in _check(stage, expectation)]
    failures = [(example.line, said) for said in stage.refused] + sorted(failures)
    lines = [f"{example.file}:{line}: {said}" for line, said in failures]
    return ExampleResult(
        example.audience, example.name, not failures, "\n".join(lines), example.file,
        failures[0][0] if failures else example.line,
    )  # fmt: skip


def _check(stage: Stage, expected: Expectation) -> list[str]:
    """What is not as expected, a sentence each."""
    who = expected.user if expected.user is not None else expected.anonymous or ""
    kind = "user_id" if expected.user is not None else "anonymous_id"
    found = stage.membership(kind, who, expected.audience)
    at = format_duration(expected.at_ms)
    wrong: list[str] = []
    if found.raw != expected.in_:
        should, is_ = ("be", "is not") if expected.in_ else ("not be", "is")
        since = _since(found.changed, found.known)
        wrong.append(f"at {at} {who} should {should} in {expected.audience} but {is_}: {since}")
    if expected.effective is not None and found.effective != expected.effective:
        should, does = ("count", "does not") if expected.effective else ("not count", "does")
        since = _since(found.counted, found.known) + found.suppressed_by
        wrong.append(
            f"at {at} {who} should {should} as {expected.audience} after priority groups"
            f" but {does}: {since}"
        )
    return wrong


_WORDS = {
    "entered": "entered",
    "exited": "left",
    "suppressed": "suppressed",
    "restored": "restored",
}


def _since(happened: Happened | None, known: bool) -> str:
    if not known:
        return "nobody of that name has done anything yet"
    if happened is None:
        return "never entered it"
    at = format_duration(happened.at_ms - START_MS)
    return f"{_WORDS[happened.kind]} at {at}, by {happened.cause}"
