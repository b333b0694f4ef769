"""Each audience's people by both sides' reckoning: the memberships, and the outbox."""

from __future__ import annotations

from ebbline.delivery import Lane
from ebbline.delivery.feeds import AUDIENCE
from ebbline.hosts.embedded.deliver.reconcile.report import Count
from ebbline.hosts.embedded.deliver.state_reader import StateReader
from ebbline.hosts.embedded.deliver.store import DeliveryStore


def counts_of(
    lane: Lane, destination: int, store: DeliveryStore, state: StateReader
) -> list[Count]:
    """A count for each audience that the destination receives as a standing value."""
    members = state.member_counts()
    outbox = store.audience_counts(destination)
    found = []
    for feed in lane.feeds.values():
        if feed.kind != AUDIENCE or feed.tells:
            continue
        audience = feed.source.partition(":")[2]
        reachable, acknowledged, waiting = outbox.get(feed.field, (0, 0, 0))
        found.append(
            Count(audience, feed.field, members.get(audience, 0), reachable, acknowledged, waiting)
        )
    return found
