"""Who would enter and leave if another plan were live now, and what destinations would be sent.

Nothing is written. Both sides are taken at the instant and log entry at which the state stands,
so that on a system at rest `apply` changes exactly what was foretold.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

import msgspec

from ebbline.definitions.differences import same_state
from ebbline.definitions.plan import Plan
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.preview.asking import asked_side
from ebbline.hosts.embedded.preview.costs import Bill
from ebbline.hosts.embedded.preview.limits import SAMPLE_PEOPLE
from ebbline.hosts.embedded.preview.records import Effect, Preview, TraitEffect
from ebbline.hosts.embedded.preview.sides import (
    NOBODY,
    Live,
    Progress,
    Side,
    refolded_side,
    side_by_side,
)
from ebbline.hosts.embedded.state.comparison import membership_sayings, trait_sayings
from ebbline.profiles.graph import Identifier

Ask = Callable[[DataFolder, Live, Plan], Iterator[tuple[int, Side]] | None]
"""Everybody under a plan at the moment of the state, in order of their ids; None for a plan
that only a refold can answer for."""

_identifiers = msgspec.json.Decoder(tuple[Identifier, ...])


def preview(
    folder: DataFolder,
    new: Plan,
    progress: Progress = lambda _done, _all: None,
    ask: Ask = asked_side,
) -> Preview:
    """What making `new` live would do at this moment."""
    began = time.perf_counter()
    with Live(folder) as live:
        old, moment, same = live.plan, live.moment, same_state(live.plan, new)
        bills = [Bill(destination, old) for destination in new.destinations]
        count, how = _Count(bills), "same"
        if not same or any(bill.fresh for bill in bills):
            before, after = live.sides(), live.sides()
            if not same:
                asked = ask(folder, live, new)
                how = "refold" if asked is None else "sql"
                after = asked or refolded_side(folder, new, moment, progress)
            for _, was, now in side_by_side(before, after):
                count.add(was or NOBODY, now or NOBODY)
    names = [*(a.name for a in new.audiences), *(a.name for a in old.audiences)]
    return Preview(
        moment.at_ms, moment.offset, count.people, () if same else count.effects(names),
        count.traits(), tuple(bill.cost() for bill in bills), how,
        round(time.perf_counter() - began, 3),
    )  # fmt: skip


class _Count:
    """Everybody's differences, added up."""

    def __init__(self, bills: list[Bill]) -> None:
        self._bills = bills
        self._kinds: Counter[tuple[str, str]] = Counter()
        self._before: Counter[str] = Counter()
        self._after: Counter[str] = Counter()
        self._samples: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.people = 0

    def add(self, before: Side, after: Side) -> None:
        self.people += 1
        self._before.update(before.memberships)
        self._after.update(after.memberships)
        sayings = membership_sayings(before.memberships, after.memberships)
        sayings += trait_sayings(before.traits, after.traits)
        for kind, name, _ in sayings:
            self._kinds[kind, name] += 1
            if kind in ("entered", "exited"):
                sample = self._samples[kind, name]
                if len(sample) < SAMPLE_PEOPLE:
                    sample.append(_best(after.identifiers or before.identifiers))
        for bill in self._bills:
            if sayings or bill.fresh:
                bill.add(before, after)

    def effects(self, names: list[str]) -> tuple[Effect, ...]:
        """Of every audience of either plan, the new ones first."""
        kinds, samples = self._kinds, self._samples
        return tuple(
            Effect(
                name, self._before[name], self._after[name], kinds["entered", name],
                kinds["exited", name], kinds["suppressed", name], kinds["restored", name],
                tuple(samples["entered", name]), tuple(samples["exited", name]),
            )
            for name in dict.fromkeys(names)
        )  # fmt: skip

    def traits(self) -> tuple[TraitEffect, ...]:
        """Of every published trait that changes for somebody."""
        found = [(name, n) for (kind, name), n in self._kinds.items() if kind == "trait"]
        return tuple(TraitEffect(name, number) for name, number in sorted(found))


def _best(identifiers: str) -> str:
    """What a person is best known by."""
    first = next(iter(_identifiers.decode(identifiers or "[]")), None)
    return first.value if first is not None else "somebody without a name"
