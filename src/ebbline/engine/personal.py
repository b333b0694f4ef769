"""Functions of the person rather than of events: buckets and consent, and the traits that calls
set without naming them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ebbline.definitions import tree
from ebbline.definitions.plan import Plan
from ebbline.definitions.walk import every
from ebbline.engine.buckets import bucket_of, salt_numbers
from ebbline.engine.limits import NEVER
from ebbline.events.event import Event

if TYPE_CHECKING:
    from ebbline.engine.profile import Profile
    from ebbline.engine.readings import Reading, Result, Scope

USER_ID, CONSENT = "user_id", "consent"


def bucket(scope: Scope, node: tree.Call) -> Reading:
    """The person's bucket: known as soon as there is a person, and never another."""
    salt, number = node.args
    assert isinstance(salt, tree.Literal)
    assert isinstance(number, tree.Literal)
    numbers, buckets = salt_numbers(str(salt.value)), int(str(number.value))
    scope.clock = True  # a person without events of interest has one as well

    def read(profile: Profile, now_ms: int) -> Result:
        del now_ms
        # Nobody, whose values the compiler asks for, is in no bucket.
        return (bucket_of(numbers, profile.id, buckets) if profile.id else None), NEVER

    return read


def consented(scope: Scope, node: tree.Call) -> Reading:
    """Whether the latest preference is yes."""
    (purpose,) = node.args
    assert isinstance(purpose, tree.Literal)
    name = f"{CONSENT}.{purpose.value}"
    scope.traits.add(name)

    def read(profile: Profile, now_ms: int) -> Result:
        del now_ms
        entry = profile.traits.get(name)
        return entry is not None and entry[0] is True, NEVER

    return read


def asked_for(plan: Plan) -> tuple[bool, bool]:
    """Whether any rule reads the user's id, and whether any reads consent."""
    rules = [trait.value for trait in plan.traits]
    for audience in plan.audiences:
        rules += [audience.when] if audience.exit_when is None else [
            audience.when, audience.exit_when,
        ]  # fmt: skip
    user = consent = False
    for node in (node for rule in rules for node in every(rule)):
        if isinstance(node, tree.Trait):
            root = node.name.split(".", 1)[0]
            user, consent = user or root == USER_ID, consent or root == CONSENT
        elif isinstance(node, tree.Call):
            consent = consent or node.name == "consented"
    return user, consent


def preferences(event: Event) -> Iterator[tuple[str, Any]]:
    """The traits that an event's consent preferences set; what is no boolean says nothing."""
    consent = event.context.get(CONSENT)
    said = consent.get("categoryPreferences") if isinstance(consent, dict) else None
    for purpose, preference in said.items() if isinstance(said, dict) else ():
        if isinstance(preference, bool):
            yield f"{CONSENT}.{purpose}", preference
