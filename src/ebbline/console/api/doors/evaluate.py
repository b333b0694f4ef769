"""Questions about somebody made up: nothing of the folder but its definitions is looked at."""

from __future__ import annotations

from typing import Annotated

from ebbline.client.shapes import people as shapes
from ebbline.client.shapes.access import Trouble
from ebbline.console.api.context import Api
from ebbline.console.api.doors.people import lines_of, membership_of
from ebbline.console.api.problems import Trip
from ebbline.console.api.routes import Routes, posted
from ebbline.console.api.shaping import instant, iso, values
from ebbline.definitions.asking import ASKED, with_question
from ebbline.definitions.plan import Plan
from ebbline.engine.explain import explain as explain_rule
from ebbline.hosts.embedded.reading.evaluating import made_up

routes = Routes("evaluate")


@routes.post(
    "/v1/evaluate", scope="definitions:plan", takes=shapes.Evaluate, gives=shapes.Evaluated,
    also=("not_found", "refused", "busy"), records=False,
)  # fmt: skip
def evaluate(
    api: Api, body: Annotated[shapes.Evaluate, posted(shapes.Evaluate)]
) -> shapes.Evaluated:
    """Say whether somebody with these events would be in an audience, why, and until when.

    Through the parser, identity and engine that run, under the live definitions. `rule` asks
    about a rule that no project holds. Nothing is stored.
    """
    if (body.audience is None) == (body.rule is None):
        raise Trip("invalid", "Name an `audience`, or give a `rule`: one of the two.")
    with api.reader() as reader:
        plan, now_ms = reader.plan(), api.clock.now_ms()
        name = ASKED if body.audience is None else reader.audience(body.audience)
    plan = plan if body.rule is None else _asked(plan, body.rule)
    at_ms = instant(body.at, "body.at")
    with api.heavy(), made_up(plan, body.calls, at_ms, now_ms) as (world, number, then_ms):
        person, profile = world.person(number, then_ms), world.profile(number)
        found = explain_rule(world.tables, profile, name, then_ms)
        turns = found.until_ms is not None and (
            explain_rule(world.tables, profile, name, found.until_ms).member != found.member
        )
    kinds = {trait.name: trait.type for trait in plan.traits}
    return shapes.Evaluated(
        audience=body.audience, at=iso(then_ms), member=found.member, effective=found.effective,
        suppressed_by=found.suppressed_by if found.member else None, until=iso(found.until_ms),
        until_is_the_change=turns, lines=lines_of(found),
        audiences=[membership_of(each) for each in person.memberships if each.audience != ASKED],
        computed=values(person.computed, kinds),
    )  # fmt: skip


def _asked(plan: Plan, text: str) -> Plan:
    """The plan with the rule; a Trip that says where the rule is wrong."""
    found, problems = with_question(plan, text)
    if found is not None:
        return found
    wrong = [problem for problem in problems if problem.severity == "error"]
    troubles = [
        Trouble(where=f"body.rule[{each.start}:{each.start + each.length}]",
                message=f"{each.message}. {each.hint}".strip())
        for each in wrong
    ]  # fmt: skip
    raise Trip("invalid", f"The rule: {wrong[0].message}.", errors=troubles)
