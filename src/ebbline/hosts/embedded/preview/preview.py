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
from ebbline.hosts.embedded.preview.asking import asked_sides
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

Ask = Callable[[DataFolder, Live, Plan], Iterator[tuple[Side, Side]] | None]
"""Everybody under the live plan and under another at the moment of the state; None for a plan
that only a refold can answer for."""

_identifiers = msgspec.json.Decoder(tuple[Identifier, ...])


def preview(
    folder: DataFolder,
    new: Plan,
    progress: Progress = lambda _done, _all: None,
    ask: Ask = asked_sides,
) -> Preview:
    """What making `new` live would do at this moment."""
    began = time.perf_counter()
    with Live(folder) as live:
        old, moment, same = live.plan, live.moment, same_state(live.plan, new)
        bills = [Bill(destination, old) for destination in new.destinations]
        count, how = _Count(bills), "same"
        if not same or any(bill.fresh for bill in bills):
            both = None if same else ask(folder, live, new)
            if not same:
                how = "refold" if both is None else "sql"
            if both is None and same:
                both = ((side, side) for _, side in live.sides())
            for was, now in both or _refolded(folder, live, new, progress):
                count.add(was, now)
    names = [*(a.name for a in new.audiences), *(a.name for a in old.audiences)]
    return Preview(
        moment.at_ms, moment.offset, count.people, () if same else count.effects(names),
        count.traits(), tuple(bill.cost() for bill in bills), how,
        round(time.perf_counter() - began, 3),
    )  # fmt: skip


def _refolded(
    folder: DataFolder, live: Live, new: Plan, progress: Progress
) -> Iterator[tuple[Side, Side]]:
    after = refolded_side(folder, new, live.moment, progress)
    for _, was, now in side_by_side(live.sides(), after):
        yield was or NOBODY, now or NOBODY


class _Count:
    """Everybody's differences, added up."""

    def __init__(self, bills: list[Bill]) -> None:
        self._bills = bills
        self._kinds: Counter[tuple[str, str]] = Counter()
        # People by what they are in, before and after; the same for many, and shared by them.
        self._before: Counter[tuple[str, ...]] = Counter()
        self._after: Counter[tuple[str, ...]] = Counter()
        self._samples: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.people = 0

    def add(self, before: Side, after: Side) -> None:
        self.people += 1
        self._before[tuple(before.memberships)] += 1
        self._after[tuple(after.memberships)] += 1
        if before is after:
            for bill in self._bills:
                if bill.fresh:
                    bill.add(before, after)
            return
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
        before, after = _people(self._before), _people(self._after)
        return tuple(
            Effect(
                name, before[name], after[name], kinds["entered", name],
                kinds["exited", name], kinds["suppressed", name], kinds["restored", name],
                tuple(samples["entered", name]), tuple(samples["exited", name]),
            )
            for name in dict.fromkeys(names)
        )  # fmt: skip

    def traits(self) -> tuple[TraitEffect, ...]:
        """Of every published trait that changes for somebody."""
        found = [(name, n) for (kind, name), n in self._kinds.items() if kind == "trait"]
        return tuple(TraitEffect(name, number) for name, number in sorted(found))


def _people(by_memberships: Counter[tuple[str, ...]]) -> Counter[str]:
    """People in each audience."""
    found: Counter[str] = Counter()
    for names, people in by_memberships.items():
        for name in names:
            found[name] += people
    return found


def _best(identifiers: str) -> str:
    """What a person is best known by."""
    first = next(iter(_identifiers.decode(identifiers or "[]")), None)
    return first.value if first is not None else "somebody without a name"
