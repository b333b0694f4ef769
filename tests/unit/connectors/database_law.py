"""What a database must hold after random changes, read by its own means and by the connector's."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st

from ebbline.connectors import connector_of
from ebbline.connectors.conversation import Asked
from ebbline.connectors.instants import iso
from ebbline.delivery import Address, Feed
from tests.unit.connectors.driving import Drive, changes

POSTGRES = connector_of("postgres")
FEEDS = (
    Feed("vip", "audience", "audience:vip"),
    Feed('churn "50%"', "audience", "audience:churn"),
    Feed("score", "number", "trait:score"),
    Feed("name", "text", "trait:name"),
    Feed("since", "timestamp", "trait:since"),
    Feed("tags", "list", "trait:tags"),
    Feed("adult", "boolean", "trait:adult"),
)
HISTORIES = changes(FEEDS)
SEEDS = st.none() | st.integers(0, 999)
LAYOUTS = st.sampled_from(
    [
        {},
        {"layout": "wide"},
        {"layout": "wide", "batch_size": 1},
        {"identify": "any", "prefix": "x_"},
    ]
)


def run(history, answer, seed, **settings):
    """A drive that has come to rest."""
    read = POSTGRES.read_settings({"sslmode": "disable"} | settings)
    assert not isinstance(read, tuple), read
    drive = Drive(POSTGRES, read, FEEDS, answer, seed=seed)
    drive.talk(POSTGRES.prepare(FEEDS, drive.setup))
    for change in history:
        drive.change(*change)
    drive.settle_all()
    return drive


def said(rows):
    """What rows say: to have none is as good as False, or as null."""
    return {key: value for key, value in rows.items() if value is not False and value is not None}


def wanted_rows(drive):
    """Memberships and traits by (person, name) as the tables should say."""
    prefix = "user_id:" if drive.setup.settings.identify == "any" else ""
    kinds = {feed.field: feed.kind for feed in FEEDS}
    members, traits = {}, {}
    for (person, field), value in drive.wanted.items():
        kind = kinds[field]
        if kind == "audience":
            members[prefix + person, field] = value
        else:
            held = iso(value) if kind == "timestamp" and value is not None else value
            traits[prefix + person, field] = held
    return said(members), said(traits)


def assert_read_back_agrees(drive):
    """What the connector reads back is what was wanted, in the engine's terms."""
    persons = sorted({person for person, _ in drive.wanted})
    asked = [Asked(Address("user_id", person), "", FEEDS) for person in persons]
    for one, found in zip(asked, drive.talk(POSTGRES.read_back(asked, drive.setup)), strict=True):
        for feed in FEEDS:
            wanted = drive.wanted.get((one.address.value, feed.field))
            held = None if found is None else found.values[feed.field]
            if feed.kind == "audience":
                wanted, held = bool(wanted), bool(held)
            elif feed.kind == "list":
                wanted, held = (msgspec.json.decode(msgspec.json.encode(x)) for x in (wanted, held))
            assert held == wanted, (one, feed)
            assert isinstance(held, bool) == isinstance(wanted, bool)
    assert drive.talk(POSTGRES.read_back([Asked(Address("user_id", "who"), "", FEEDS)],
                                         drive.setup)) == (None,)  # fmt: skip


def assert_members_agree(drive):
    """Everybody in an audience, and nobody else."""
    for feed in FEEDS[:2]:
        found = drive.talk(POSTGRES.members(feed, drive.setup))
        wanted = {person for (person, field), value in drive.wanted.items()
                  if field == feed.field and value}  # fmt: skip
        assert sorted(found) == [Address("user_id", person) for person in sorted(wanted)]
