"""Random rules about the person and the project's lists, and choices between two values."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ebbline.definitions import tree
from ebbline.definitions.tree import AnyNode, Literal
from tests.laws import words

if TYPE_CHECKING:
    from tests.laws.trees import Rules

MEMBERS: tuple[tree.CompareOp, ...] = ("in", "not in")


def leaves(rules: Rules) -> tuple[Callable[[], AnyNode], ...]:
    """What `Rules.boolean` may choose."""
    makers = (on_a_list, in_a_bucket, agreed, new_enough, known_as_user, chosen_condition)
    return tuple(_bound(maker, rules) for maker in makers)


def _bound(maker: Callable[[Rules], AnyNode], rules: Rules) -> Callable[[], AnyNode]:
    return lambda: maker(rules)


def on_a_list(rules: Rules) -> AnyNode:
    """A trait or a number in a list of the project."""
    tape = rules.tape
    named = tree.ListRef(tape.one_of(tuple(words.LISTS)))
    found: AnyNode = tree.Trait(tape.one_of((*words.TRAITS, "user_id")))
    if tape.rarely(3):
        found = rules.number(0)
    elif tape.rarely(5):
        return tree.Compare(tape.one_of(MEMBERS), rules.score(), named)
    if tape.rarely(3):
        return tree.Call("contains", (named, found))
    return tree.Compare(tape.one_of(MEMBERS), found, named)


def in_a_bucket(rules: Rules) -> AnyNode:
    """One of a few even shares; some of them are everybody."""
    tape = rules.tape
    share = Literal(tape.one_of((2, 3, 1)))
    bucket = tree.Call("bucket", (Literal(tape.one_of(("a", "b", "ü"))), share))
    return rules.versus(bucket, Literal(tape.below(2)))


def agreed(rules: Rules) -> AnyNode:
    """Consent, or what was said of it."""
    tape = rules.tape
    purpose = tape.one_of(words.PURPOSES)
    if tape.rarely(4):
        return tree.IsNull(tree.Trait(f"consent.{purpose}"))
    return tree.Call("consented", (Literal(purpose),))


def new_enough(rules: Rules) -> AnyNode:
    """A version against a written one."""
    tape = rules.tape
    found = tree.Trait(tape.one_of(("version", *words.TRAITS)))
    return tree.Call("version_at_least", (found, Literal(tape.one_of(("2.10", "v2", "2.9.1")))))


def known_as_user(rules: Rules) -> AnyNode:
    """The user's id, which every call may tell."""
    known = Literal(rules.tape.one_of(words.USERS))
    return rules.versus(tree.Trait("user_id"), known)


def chosen_condition(rules: Rules) -> AnyNode:
    """One of two conditions, or of two moments that are asked how long ago they were."""
    tape = rules.tape
    if tape.below(2):
        return tree.Call("if_", (plainly(rules), plainly(rules), rules.boolean(0)))
    chosen = tree.Call("if_", (plainly(rules), rules.moment(), rules.moment()))
    length = tree.Duration(tape.one_of((*rules.spans, 0)))
    return rules.versus(tree.Call("elapsed", (chosen,)), length)


def chosen_number(rules: Rules) -> AnyNode:
    """One of two numbers."""
    return tree.Call("if_", (plainly(rules), rules.number(0), rules.number(0)))


def plainly(rules: Rules) -> AnyNode:
    """A condition that asks for no other audience, so that it stands between candidates."""
    makers = (rules.performed, rules.sent, rules.counted)
    return rules.tape.one_of(makers)()
