"""Rules about a person: where event functions, traits and other audiences become columns."""

from __future__ import annotations

from ebbline.definitions import tree
from ebbline.definitions.plan import Plan
from ebbline.warehouse import (
    aggregates,
    frequencies,
    pairs,
    personal,
    ranked,
    scores,
    sequences,
    traits,
)
from ebbline.warehouse import expressions as sql
from ebbline.warehouse.dialects.dialect import Dialect
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.features import Features
from ebbline.warehouse.frame import Frame
from ebbline.warehouse.reading import Reading, outside
from ebbline.warehouse.values import Value, boolean

_AT_AN_END = ("first", "last")
_BY_VALUE = ("values", "most_frequent", "most_repeated")


class Rules:
    """Compiles the rules of one plan at one instant. `audiences` says which column has another
    audience's membership."""

    of_person = True

    def __init__(self, plan: Plan, dialect: Dialect, now_ms: int) -> None:
        self.plan = plan
        self.dialect = dialect
        self.now_ms = now_ms
        self.frame = Frame(dialect, now_ms, plan.lists)
        self.features = Features()
        self.reading = Reading(dialect, self, now_ms, plan.lists)
        self.audiences: dict[str, str] = {}

    def named(self, item: Expr) -> Expr:
        """An expression over a person as a column, so that it is worked out once."""
        return self.features.named(item)

    def leaf(self, node: tree.AnyNode) -> Value:
        """An event function, a trait or another audience."""
        match node:
            case tree.Trait():
                return traits.sent(self, node.name)
            case tree.AudienceRef():
                return boolean(sql.column(self.audiences[node.name]), definite=True)
            case tree.Aggregate() if node.name in _AT_AN_END:
                return ranked.end(self, node)
            case tree.Aggregate(name="nth_time"):
                return ranked.nth_time(self, node)
            case tree.Aggregate() if node.name in _BY_VALUE:
                return frequencies.frequency(self, node)
            case tree.Aggregate():
                return aggregates.aggregate(self, node)
            case tree.LastN():
                return ranked.last_n(self, node)
            case tree.Matched():
                return pairs.matched(self, node)
            case tree.Missed():
                return pairs.missed(self, node)
            case tree.Sequence():
                return sequences.sequence(self, node)
            case tree.Score():
                return scores.score(self, node)
            case tree.Call(name="bucket"):
                return personal.bucket(self, node)
            case tree.Call(name="consented"):
                return personal.consented(self, node)
            case _:
                raise outside(node, "in a rule about a person")
