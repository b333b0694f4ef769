"""The catalogue: audiences, traits, and the tracking plan of what is live."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import Query

from ebbline.client.shapes import definitions as shapes
from ebbline.console.api.context import Api
from ebbline.console.api.parameters import At, Audience, Effective, Word
from ebbline.console.api.routes import Routes
from ebbline.console.api.shaping import instant, iso
from ebbline.definitions import print_rule, sentence
from ebbline.definitions.english import value as value_words
from ebbline.definitions.plan import AudienceDef, Plan, PropertyRule, TraitDef
from ebbline.definitions.tree import AnyNode
from ebbline.definitions.walk import audiences_used, traits_used
from ebbline.errors import NotFound
from ebbline.hosts.embedded.reading import Count

routes = Routes("definitions")


@routes.get("/v1/audiences", scope="definitions:read", gives=shapes.Audiences)
def list_audiences(api: Api, owner: Word = None, tag: Word = None) -> shapes.Audiences:
    """The catalogue of audiences with their sizes."""
    with api.reader() as reader:
        plan, counts, now_ms = reader.plan(), api.counts(reader), reader.now_ms()
    sizes = {count.audience: count for count in counts}
    found = [
        _listed(plan, each, sizes)
        for each in plan.audiences
        if (owner is None or each.owner == owner) and (tag is None or tag in each.tags)
    ]
    return shapes.Audiences(audiences=found, at=iso(now_ms))


@routes.get(
    "/v1/audiences/{audience}", scope="definitions:read", gives=shapes.AudienceShown,
    also=("not_found",),
)  # fmt: skip
def show_audience(api: Api, audience: Audience) -> shapes.AudienceShown:
    """One audience whole.

    Its rule as text and in words, what it uses and what uses it, and its size.
    """
    with api.reader() as reader:
        reader.audience(audience)
        plan, counts = reader.plan(), api.counts(reader)
    sizes = {count.audience: count for count in counts}
    found = next(each for each in plan.audiences if each.name == audience)
    listed = msgspec.structs.asdict(_listed(plan, found, sizes))
    nodes = [node for node in (found.when, found.exit_when) if node is not None]
    return shapes.AudienceShown(
        **listed,
        rule=print_rule(found.when), english=sentence(found.when),
        exit_rule=None if found.exit_when is None else print_rule(found.exit_when),
        exit_english=None if found.exit_when is None else sentence(found.exit_when),
        hold_ms=found.hold_ms, cooldown_ms=found.cooldown_ms,
        sql=found.sql or None, refresh=found.refresh or None, parents=_parents(plan, found),
        uses_audiences=sorted({name for node in nodes for name in audiences_used(node)}),
        uses_traits=sorted({name for node in nodes for name in traits_used(node)}),
        used_by=sorted(
            each.name for each in plan.audiences
            if each.name != audience and audience in _uses(each)
        ),
        groups=[group.name for group in plan.groups if audience in group.priority],
    )  # fmt: skip


@routes.get(
    "/v1/audiences/{audience}/sql", scope="definitions:read", gives=shapes.Sql,
    also=("not_found", "not_in_sql"),
)  # fmt: skip
def audience_sql(
    api: Api,
    audience: Audience,
    dialect: Annotated[
        str, Query(max_length=50, description="Of which database", examples=["snowflake"])
    ] = "duckdb",
    at: At = None,
    effective: Effective = False,
) -> shapes.Sql:
    """An audience as SQL.

    A query over a table of events, in the words of a warehouse: who was in it at an instant.
    """
    from ebbline.warehouse import DIALECTS, members  # noqa: PLC0415 - heavy

    if dialect not in DIALECTS:
        raise NotFound(f'There is no dialect "{dialect}"; there are {", ".join(DIALECTS)}.')
    at_ms = instant(at, "at")
    with api.reader() as reader:
        reader.audience(audience)
        plan, now_ms = reader.plan(), reader.now_ms() if at_ms is None else at_ms
    text = members(plan, audience, now_ms, dialect, effective=effective).sql(pretty=True)
    return shapes.Sql(audience=audience, dialect=dialect, at=iso(now_ms), sql=text)


@routes.get("/v1/traits", scope="definitions:read", gives=shapes.Traits)
def list_traits(api: Api) -> shapes.Traits:
    """Computed traits with their rules."""
    with api.reader() as reader:
        plan = reader.plan()
    return shapes.Traits(
        traits=[_trait(plan, each) for each in plan.traits if not each.name.startswith("$")]
    )


@routes.get("/v1/tracking-plan", scope="definitions:read", gives=shapes.TrackingPlan)
def tracking_plan(api: Api) -> shapes.TrackingPlan:
    """Which events and traits may come in, and what happens to others."""
    with api.reader() as reader:
        tracking = reader.plan().tracking
    events = [
        shapes.EventPlanned(
            name=each.name, aliases=list(each.aliases),
            properties={name: _property(rule) for name, rule in each.properties.items()},
        )
        for each in tracking.events.values()
    ]  # fmt: skip
    return shapes.TrackingPlan(
        events=events, traits={name: _property(rule) for name, rule in tracking.traits.items()},
        unplanned=tracking.unplanned, on_violation=tracking.on_violation,  # type: ignore[arg-type]
    )  # fmt: skip


def _listed(plan: Plan, found: AudienceDef, sizes: dict[str, Count]) -> shapes.AudienceListed:
    size = sizes.get(found.name)
    return shapes.AudienceListed(
        name=found.name, description=found.description, owner=found.owner, tags=list(found.tags),
        purposes=list(found.purposes), review_by=found.review_by or None,
        parent=found.parent or None,
        size=shapes.Size(members=size.members if size else 0,
                         effective=size.effective if size else 0),
        destinations=_sent_to(plan, audience=found.name),
    )  # fmt: skip


def _trait(plan: Plan, found: TraitDef) -> shapes.TraitShown:
    return shapes.TraitShown(
        name=found.name, type=found.type, description=found.description,
        rule=print_rule(found.value), english=_words(found.value, found.type),
        destinations=_sent_to(plan, trait=found.name),
    )  # fmt: skip


def _words(node: AnyNode, kind: str) -> str:
    return sentence(node) if kind == "boolean" else value_words(node)


def _sent_to(plan: Plan, *, audience: str = "", trait: str = "") -> list[str]:
    return [
        each.name
        for each in plan.destinations
        if any(sync.audience == audience and sync.trait == trait for sync in each.sync)
    ]


def _parents(plan: Plan, found: AudienceDef) -> list[str]:
    """The audience's parent, its parent's, and so on."""
    known = {each.name: each.parent for each in plan.audiences}
    parents: list[str] = []
    name = found.parent
    while name and name not in parents:
        parents.append(name)
        name = known.get(name, "")
    return parents


def _uses(found: AudienceDef) -> set[str]:
    nodes = [node for node in (found.when, found.exit_when) if node is not None]
    return {name for node in nodes for name in audiences_used(node)}


def _property(rule: PropertyRule) -> shapes.PropertyPlanned:
    return shapes.PropertyPlanned(
        type=rule.type, required=rule.required, aliases=list(rule.aliases), pii=rule.pii,
        schema=rule.schema,
    )  # fmt: skip
