"""Random rules: every node kind and function, typed as the checker would let them through.

A decaying score is only ever read by one side of one comparison, in a function that rises or
falls with it; that is what lets the oracle find its crossings for certain.
"""

from __future__ import annotations

from typing import Literal as OneOf

from ebbline.definitions import tree
from ebbline.definitions.tree import AnyNode, Literal
from tests.laws import persons, words
from tests.laws.tape import Tape

ORDERINGS: tuple[tree.CompareOp, ...] = (">=", ">", "<", "<=", "==", "!=")
EQUALITIES: tuple[tree.CompareOp, ...] = ("==", "!=")
MEMBERS: tuple[tree.CompareOp, ...] = ("in", "not in")
ARITHMETIC: tuple[tree.ArithOp, ...] = ("+", "-", "*", "/", "%")
NUMERIC: tuple[tree.AggregateName, ...] = (
    "count", "sum", "avg", "min", "max", "first", "last", "unique", "most_repeated",
    "most_frequent", "days_active",
)  # fmt: skip
CALENDARS: tuple[OneOf["today", "this_week", "this_month"], ...] = (
    "today", "this_week", "this_month",
)  # fmt: skip
TIMES: tuple[tree.AggregateName, ...] = ("last_time", "first_time", "nth_time")
DECAYS: tuple[OneOf["half_life", "fade", "within"], ...] = ("half_life", "fade", "within")
PATTERNS = ("^red$", "^[a-z]+$", "^r.*r$")


class Filters:
    """Random `where` and value expressions: properties of the event at hand."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape

    def prop(self, name: str | None = None) -> AnyNode:
        """A property, now and then of the event's context."""
        if self.tape.rarely(12):
            return tree.Property("context.app")
        return tree.Property(name or self.tape.one_of(words.PROPERTIES))

    def number(self) -> AnyNode:
        """A value expression."""
        tape = self.tape
        choice = tape.below(8)
        if choice == 6:
            return tree.Arith(tape.one_of(ARITHMETIC), self.prop(), self.prop("n"))
        if choice == 7:
            return tree.Call("default", (self.prop(), Literal(tape.one_of(words.NUMBERS))))
        return self.prop("n" if choice < 4 else None)

    def where(self, depth: int = 1) -> AnyNode:
        """A filter."""
        tape = self.tape
        choice = tape.below(10)
        if choice == 9:
            return self.special()
        if depth and choice == 5:
            return tree.Not(self.where(0))
        if depth and choice == 6:
            return tree.And((self.where(0), self.where(0)))
        if depth and choice == 7:
            return tree.Or((self.where(0), self.where(0)))
        if choice == 4:
            return tree.IsNull(self.prop())
        if choice == 3:
            return self.texts()
        if choice == 2:
            items = tuple(Literal(tape.one_of(words.SCALARS)) for _ in range(2))
            return tree.Compare(tape.one_of(MEMBERS), self.prop(), tree.Items(items))
        if choice == 1:
            return self.prop()
        known = Literal(tape.one_of(words.SCALARS))
        return tree.Compare(tape.one_of(ORDERINGS), self.prop(), known)

    def special(self) -> AnyNode:
        """A list of the project, a version, a choice."""
        tape = self.tape
        choice = tape.below(4)
        named = tree.ListRef(tape.one_of(tuple(words.LISTS)))
        if choice == 0:
            return tree.Compare(tape.one_of(MEMBERS), self.prop(), named)
        if choice == 1:
            return tree.Call("contains", (named, self.prop()))
        if choice == 2:
            return tree.Call("version_at_least", (self.prop(), Literal("2")))
        known = Literal(tape.one_of(words.SCALARS))
        chosen = tree.Call("if_", (self.where(0), self.prop(), self.prop()))
        return tree.Compare(tape.one_of(EQUALITIES), chosen, known)

    def texts(self) -> AnyNode:
        """A function of a text or list that gives a boolean."""
        tape = self.tape
        name = tape.one_of(("contains", "startswith", "endswith", "matches", "len", "lower"))
        left = self.prop(tape.one_of(("s", "x")))
        if name == "matches":
            return tree.Call(name, (left, Literal(tape.one_of(PATTERNS))))
        if name == "len":
            return tree.Compare(tape.one_of(ORDERINGS), tree.Call(name, (left,)), Literal(3))
        if name == "lower":
            turned = tree.Call(tape.one_of(("lower", "upper")), (left,))
            return tree.Compare(tape.one_of(EQUALITIES), turned, Literal("red"))
        return tree.Call(name, (left, Literal(tape.one_of(words.TEXTS))))


MIRRORED: dict[str, tree.CompareOp] = {
    ">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!=",
}  # fmt: skip


class Rules:
    """Random expressions over a person, within the lengths of time of one plan."""

    def __init__(self, tape: Tape, spans: tuple[int, ...], known: dict[str, str]) -> None:
        """`known` holds what may be referred to: computed traits by type, audiences as such."""
        self.tape = tape
        self.spans = spans
        self.known = known
        self.filters = Filters(tape)

    def of(self, type_: str) -> list[str]:
        """Names that may be referred to, of one type."""
        return [name for name, known in self.known.items() if known == type_]

    def boolean(self, depth: int) -> AnyNode:
        """A condition; `depth` bounds how deep and, or and not are nested."""
        tape = self.tape
        choice = tape.below(12)
        if depth and choice > 7:
            if choice == 8:
                return tree.Not(self.boolean(depth - 1))
            items = tuple(self.boolean(depth - 1) for _ in range(2 + tape.below(2)))
            return tree.Or(items) if choice == 9 else tree.And(items)
        leaves = (
            self.performed, self.counted, self.recent, self.scored, self.missed, self.totalled,
            self.latest, self.matched, self.sent, self.days, self.chained, self.ordered,
            self.referred, self.absent, self.known_as, self.followed, self.missed_each,
            self.clocked, self.listed, self.often, *persons.leaves(self),
            self.summed,
        )  # fmt: skip
        return tape.one_of(leaves)()

    def events(self) -> tree.Events:
        """One name, several, or every call; filtered or not."""
        tape = self.tape
        choice = tape.below(10)
        names: tuple[str, ...] = (tape.one_of(words.USUAL_NAMES),)
        if choice == 7:
            names = ("*",)
        elif choice > 7:
            names = tuple({*names, tape.one_of(words.EVENT_NAMES)})
        return tree.Events(tuple(sorted(names)), self.filters.where() if tape.rarely(4) else None)

    def window(self) -> tree.Window:
        """All time, or bounded in any of the ways the language has."""
        tape = self.tape
        choice = tape.below(13)
        if choice < 4:
            return tree.Window(tape.one_of(self.spans))
        if choice > 9:
            return tree.Window(calendar=tape.one_of(CALENDARS), zone=self.zone())
        if choice == 7:
            return tree.Window(before_ms=tape.one_of(self.spans))
        if choice == 8:
            return tree.Window(2 * max(self.spans), tape.one_of(self.spans))
        if choice == 9:
            return tree.Window(since=self.moment())
        return tree.Window()

    def zone(self) -> str:
        """A time zone, or the project's."""
        return self.tape.one_of(("", *words.ZONES))

    def moment(self) -> AnyNode:
        """A timestamp."""
        tape = self.tape
        choice = tape.below(8)
        if choice == 6:
            return tree.Trait("joined")
        if choice == 5:
            step = tape.below(4) * tape.one_of(self.spans) + tape.below(2)
            return tree.Moment(words.BASE_MS + step)
        if choice == 4:
            return tree.Call("default", (tree.Trait("joined"), tree.Moment(words.BASE_MS)))
        if choice == 7 and self.of("timestamp"):
            return tree.Trait(tape.one_of(self.of("timestamp")))
        return self.event_time()

    def event_time(self) -> AnyNode:
        """The time of an event."""
        tape = self.tape
        name = tape.one_of(TIMES)
        window = tree.Window(tape.one_of(self.spans)) if tape.rarely(4) else tree.Window()
        if tape.rarely(8):
            window = tree.Window(calendar=tape.one_of(CALENDARS), zone=self.zone())
        n = 1 + tape.below(3) if name == "nth_time" else None
        # Every event at all is how the tree holds first_seen() and last_seen().
        events = tree.Events(("*",)) if tape.rarely(6) else self.events()
        return tree.Aggregate(name, events, None, n, window)

    def number(self, depth: int = 1) -> AnyNode:
        """A number that does not decay; an untyped trait is let through as one."""
        tape = self.tape
        choice = tape.below(13)
        if depth and choice == 12:
            return persons.chosen_number(self)
        if depth and choice == 8:
            return tree.Arith(tape.one_of(ARITHMETIC), self.number(0), self.number(0))
        if depth and choice == 9:
            name = tape.one_of(("abs", "round"))
            return tree.Call(name, (self.number(0),))
        if depth and choice == 10:
            return tree.Call("default", (self.number(0), Literal(tape.one_of(words.NUMBERS))))
        if choice == 7:
            return tree.Trait(tape.one_of((*self.of("number"), *words.TRAITS)))
        if choice == 11:
            return tree.Call("round", (self.number(0), Literal(1)))
        name = tape.one_of(NUMERIC)
        if name == "days_active":
            return self.days_active()
        x = None if name == "count" else self.filters.number()
        return tree.Aggregate(name, self.events(), x, None, self.window())

    def days_active(self) -> AnyNode:
        """On how many days; one zone is written for the days and a calendar window."""
        window = self.window()
        zone = window.zone if window.calendar else self.zone()
        return tree.Aggregate("days_active", self.events(), None, None, window, zone)

    def score(self) -> tree.Score:
        """A score of any decay, clamped or not."""
        tape = self.tape
        points = tuple(
            tree.Points(
                self.events(),
                self.filters.prop("n") if tape.rarely(6) else Literal(tape.one_of(words.POINTS)),
            )
            for _ in range(1 + tape.below(3))
        )
        decay = tape.one_of(DECAYS)
        clamp = tape.below(6)
        floor = 0.0 if clamp == 4 else None
        ceiling = 30.0 if clamp in (4, 5) else None
        return tree.Score(points, decay, tape.one_of(self.spans), floor, ceiling)

    def versus(self, left: AnyNode, right: AnyNode) -> AnyNode:
        """One side against the other, now and then written the other way round."""
        op = self.tape.one_of(ORDERINGS)
        if self.tape.rarely(6):
            return tree.Compare(MIRRORED[op], right, left)
        return tree.Compare(op, left, right)

    def performed(self) -> AnyNode:
        """At least one."""
        return tree.Aggregate("performed", self.events(), None, None, self.window())

    def counted(self) -> AnyNode:
        """A count against a small number."""
        count = tree.Aggregate("count", self.events(), None, None, self.window())
        return self.versus(count, Literal(1 + self.tape.below(3)))

    def summed(self) -> AnyNode:
        """A sum in a window against a constant."""
        tape = self.tape
        x = self.filters.prop("n")
        total = tree.Aggregate("sum", self.events(), x, None, tree.Window(tape.one_of(self.spans)))
        return self.versus(total, Literal(tape.one_of(words.NUMBERS)))

    def recent(self) -> AnyNode:
        """How long ago or until, against a length of time."""
        tape = self.tape
        name = "until" if tape.rarely(4) else "elapsed"
        time = tree.Call(name, (self.moment(),))
        length = tree.Duration(tape.one_of((*self.spans, 0)))
        return self.versus(time, length)

    def scored(self) -> AnyNode:
        """A score, plain or through a function or a trait, against something that stands."""
        tape = self.tape
        traits = self.of("score")
        named = traits and tape.below(2)
        left: AnyNode = tree.Trait(tape.one_of(traits)) if named else self.score()
        choice = tape.below(11)
        if choice == 10:
            left = tree.Call("if_", (persons.plainly(self), left, Literal(1)))
        if choice == 6:
            left = tree.Call("round", (left,))
        elif choice == 7:
            left = tree.Call("round", (left, Literal(1)))
        elif choice == 8:
            left = tree.Arith(tape.one_of(ARITHMETIC[:4]), left, Literal(tape.one_of((2, 0.5))))
        elif choice == 9 and isinstance(left, tree.Score) and left.decay != "fade":
            left = tree.Call("abs", (left,))  # of a fading one it would turn around at zero
        elif choice == 9:
            left = tree.Call("default", (left, Literal(1)))
        right: AnyNode = Literal(tape.one_of((*words.POINTS, 15, 0, 2.5)))
        right = self.number(0) if tape.rarely(8) else right
        return self.versus(left, right)

    def missed(self) -> AnyNode:
        """Something that did not follow."""
        return tree.Missed(self.events(), self.events(), self.tape.one_of(self.spans))

    def missed_each(self) -> AnyNode:
        """Something that did not follow, for any value of a property."""
        on = self.tape.one_of(words.PROPERTIES)
        return tree.Missed(self.events(), self.events(), self.tape.one_of(self.spans), on)

    def followed(self) -> AnyNode:
        """One after another."""
        tape = self.tape
        steps = tuple(self.events() for _ in range(2 + tape.below(3)))
        within, gap = (
            tape.one_of(self.spans) + tape.below(2) if tape.below(2) else None for _ in range(2)
        )
        return tree.Sequence(steps, within, gap, self.moment() if tape.rarely(4) else None)

    def clocked(self) -> AnyNode:
        """What clocks on the wall show."""
        tape = self.tape
        name, zone = tape.one_of(("hour_of_day", "day_of_week")), self.zone()
        clock = tree.Call(name, (Literal(zone),) if zone else ())
        return self.versus(clock, Literal(tape.one_of((1, 6, 0, 2, 7, 23))))

    def listed(self) -> AnyNode:
        """Whether a value is among those of some events."""
        tape = self.tape
        x = self.filters.prop()
        values = tree.Aggregate("values", self.events(), x, None, self.window())
        choice = tape.below(4)
        known = Literal(tape.one_of(words.SCALARS))
        if choice == 0:
            return tree.Compare(tape.one_of(MEMBERS), known, values)
        if choice == 1:
            return self.versus(tree.Call("len", (values,)), Literal(tape.below(3)))
        if choice == 2:
            return tree.Call("contains", (values, known))
        items = tuple(Literal(tape.one_of(words.SCALARS)) for _ in range(tape.below(3)))
        return tree.Compare(tape.one_of(EQUALITIES), values, tree.Items(items))

    def often(self) -> AnyNode:
        """The value that came most often, how often, and how many there were."""
        tape = self.tape
        x = self.filters.prop()
        name: tree.AggregateName = tape.one_of(("most_frequent", "most_repeated", "unique"))
        of = tree.Aggregate(name, self.events(), x, None, self.window())
        known = tape.one_of(words.SCALARS) if name == "most_frequent" else 1 + tape.below(3)
        return self.versus(of, Literal(known))

    def totalled(self) -> AnyNode:
        """A number against a number."""
        tape = self.tape
        right = self.number(0) if tape.rarely(5) else Literal(tape.one_of(words.NUMBERS))
        return self.versus(self.number(), right)

    def latest(self) -> AnyNode:
        """The latest few all hold."""
        n = 1 + self.tape.below(3)
        return tree.LastN(self.events(), n, self.filters.where(), self.window())

    def matched(self) -> AnyNode:
        """How many found their answer, against a small number."""
        tape = self.tape
        last = tape.below(4) or None
        on = tape.one_of(words.PROPERTIES)
        count = tree.Matched(self.events(), self.events(), on, last, self.window())
        return self.versus(count, Literal(tape.below(4)))

    def sent(self) -> AnyNode:
        """A question to a trait."""
        tape = self.tape
        trait = tree.Trait(tape.one_of((*words.TRAITS, *words.DEEP_TRAITS, *self.of("any"))))
        choice = tape.below(6)
        if choice == 3:
            return tree.Call("contains", (trait, Literal(tape.one_of(words.TEXTS))))
        if choice == 4:
            items = tuple(Literal(tape.one_of(words.SCALARS)) for _ in range(3))
            return tree.Compare(tape.one_of(MEMBERS), trait, tree.Items(items))
        if choice == 5:
            return tree.Call("startswith", (tree.Call("lower", (trait,)), Literal("re")))
        known = Literal(tape.one_of(words.SCALARS))
        return self.versus(trait, known)

    def days(self) -> AnyNode:
        """Whole days since, against a small number."""
        tape = self.tape
        since = tree.Call("days_since", (self.moment(),))
        return self.versus(since, Literal(tape.below(4)))

    def chained(self) -> AnyNode:
        """`low <= number < high`."""
        middle = self.number()
        low, high = Literal(1), Literal(self.tape.one_of((3, 2, 100)))
        return tree.And((tree.Compare("<=", low, middle), tree.Compare("<", middle, high)))

    def ordered(self) -> AnyNode:
        """A timestamp against another, or against what is read as one."""
        return self.versus(self.event_time(), self.moment())

    def referred(self) -> AnyNode:
        """Another audience, or a computed boolean."""
        booleans = [tree.Trait(name) for name in self.of("boolean")]
        audiences = [tree.AudienceRef(name) for name in self.of("audience")]
        choices: list[AnyNode] = [*booleans, *audiences]
        return self.tape.one_of(choices) if choices else self.performed()

    def known_as(self) -> AnyNode:
        """A boolean against a boolean, or an untyped trait."""
        right = self.sent() if self.tape.below(2) else Literal(self.tape.below(2) == 0)
        return self.versus(tree.Trait("flag") if self.tape.below(2) else self.performed(), right)

    def absent(self) -> AnyNode:
        """Whether something has a value at all."""
        tape = self.tape
        items = (
            tree.Trait(tape.one_of(words.TRAITS)), self.number(), self.moment(), self.score(),
            tree.Call("elapsed", (self.moment(),)), tree.Call("days_since", (self.moment(),)),
        )  # fmt: skip
        return tree.IsNull(tape.one_of(items))
