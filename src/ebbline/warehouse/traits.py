"""Sent traits: for each key the latest call that has it, by time and then by messageId.

Identify calls set their keys, group calls set them behind `group.`, and `group_id`; any call sets
`user_id` when it has one, and `consent.` followed by each purpose it has a preference for.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from sqlglot import exp

from ebbline.warehouse import expressions as sql
from ebbline.warehouse.dialects.dialect import Dialect
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.features import Block, of_event
from ebbline.warehouse.frame import TYPE
from ebbline.warehouse.ranked import PLACE, in_time, placed
from ebbline.warehouse.tokens import look_up, value_of
from ebbline.warehouse.values import Value

if TYPE_CHECKING:
    from ebbline.warehouse.rules import Rules

GROUP_ID, GROUP, USER_ID, CONSENT = "group_id", "group.", "user_id", "consent."
PREFERENCES = "categoryPreferences"


def sent(rules: Rules, name: str) -> Value:
    """The value of a sent trait by its flat name, else inside of an object."""
    dialect = rules.dialect
    token = flat(rules, name)
    if "." in name:
        root, rest = name.split(".", 1)
        inside = look_up(dialect, flat(rules, root), rest)
        token = sql.case((sql.is_null(token), inside), otherwise=token)
    return value_of(dialect, token)


def flat(rules: Rules, name: str) -> Expr:
    """The token of the latest call that has the key, 'null' included; null when none has."""
    token = rules.frame.token(("trait", name), _sent_by(rules, name), None)
    if _implied(rules.dialect, name):
        return _of_any_call(rules, name, token)
    block = rules.features.block(("traits",), 0, functools.partial(_of_traits, rules))
    has, place = sql.not_null(token), sql.column(f"{token.name}_place")
    if token.name not in block.columns:
        # Calls without the key are numbered apart, so that the first of the others has a 1.
        parted = [of_event(), sql.is_null(token)]
        number = sql.windowed(sql.call("ROW_NUMBER"), parted, in_time(rules, latest=True))
        block.inner.select(token, sql.alias(number, place.name), copy=False)
        block.conditions.append(has)
    latest = sql.both(has, sql.compare("==", place, sql.number(1)))
    return block.column(token.name, exp.Max(this=sql.case((latest, token))))


def _of_traits(rules: Rules, block: Block) -> None:
    """All keys of identify and group calls in one go."""
    block.inner.select(sql.alias(of_event(), "profile"), append=True, copy=False)
    block.select.from_(block.inner.subquery("sent", copy=False), copy=False)
    block.select.group_by("profile", copy=False)


def _of_any_call(rules: Rules, name: str, token: Expr) -> Expr:
    """A key that calls of any kind may set: by itself, as most of them do."""

    def make(block: Block) -> None:
        placed(rules, block, sql.not_null(token), latest=True)
        block.select.where(sql.compare("==", PLACE, sql.number(1)), copy=False)

    return rules.features.block(("trait", name), 0, make).carried("token", token)


def _sent_by(rules: Rules, name: str) -> Expr:
    """The token one call has for a key."""
    token, traits = rules.dialect.token, sql.column("traits")
    branches = [(sql.compare("==", TYPE, sql.text("identify")), token(traits, (name,)))]
    group = sql.compare("==", TYPE, sql.text("group"))
    if name == GROUP_ID:
        known = sql.not_null(sql.column("group_id"))
        branches.append((sql.both(group, known), rules.dialect.text_token(sql.column("group_id"))))
    elif name.startswith(GROUP):
        branches.append((group, token(traits, (name.removeprefix(GROUP),))))
    return sql.coalesce(sql.case(*branches), *_implied(rules.dialect, name))


def _implied(dialect: Dialect, name: str) -> list[Expr]:
    """What any call sets without naming a trait; a trait that it names goes before."""
    if name == USER_ID:
        user = sql.column("user_id")
        return [sql.case((sql.not_null(user), dialect.text_token(user)))]
    if not name.startswith(CONSENT):
        return []
    context = sql.column("context")
    purpose = name.removeprefix(CONSENT)
    said = dialect.token(context, ("consent", PREFERENCES, purpose))
    mentioned = sql.compare(">", dialect.position(context, sql.text(PREFERENCES)), sql.number(0))
    boolean = sql.one_of(said, [sql.text("true"), sql.text("false")])
    return [sql.case((sql.both(mentioned, boolean), said))]
