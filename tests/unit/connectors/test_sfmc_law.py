"""Whatever is wanted, and whatever the weather: in the end the data extension holds it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ebbline.connectors.sfmc import SFMC
from ebbline.connectors.sfmc.sandbox import Tenant
from ebbline.connectors.sfmc.settings import SfmcSettings
from ebbline.delivery import Feed
from ebbline.profiles.graph import Identifier
from tests.unit.connectors.test_braze_law import Course

HOT = Feed("HighIntent", "audience", "audience:hot")
VIP = Feed("Vip", "audience", "audience:vip")
SCORE = Feed("Score", "number", "trait:score")
SEEN = Feed("Seen", "timestamp", "trait:seen")
ADULT = Feed("Adult", "boolean", "trait:adult")
NAME = Feed("Name", "text", "trait:name")
FEEDS = (HOT, VIP, SCORE, SEEN, ADULT, NAME)
COLUMNS = {"HighIntent": "Boolean", "Vip": "Boolean", "Score": "Number", "Seen": "Date",
           "Adult": "Boolean", "Name": "Text"}  # fmt: skip
NAMES = ["ana", "o'hara", "shop:bob", "jürgen ä"]
PEOPLE = st.integers(1, len(NAMES))
STEPS = st.lists(
    st.one_of(
        st.tuples(PEOPLE, st.sampled_from([HOT, VIP]), st.booleans()),
        st.tuples(PEOPLE, st.just(SCORE), st.sampled_from([None, 0, 1.5, -7])),
        st.tuples(PEOPLE, st.just(SEEN), st.sampled_from([None, 86_400_123])),
        st.tuples(PEOPLE, st.just(ADULT), st.sampled_from([None, True, False])),
        st.tuples(PEOPLE, st.just(NAME), st.sampled_from([None, "Ana", "True"])),
    ),
    min_size=1,
    max_size=40,
)


@given(STEPS, st.integers(0, 10_000), st.integers(0, 5), st.sampled_from([1, 10, 50]))
def test_the_extension_comes_to_hold_what_is_wanted(steps, seed, locked, batch_size):
    settings = SfmcSettings("mc5", "id", "s", extension="My rows/2", batch_size=batch_size)
    tenant = Tenant("id", "s", "My rows/2", columns=COLUMNS, requests=15)
    made = Course(SFMC, settings, tenant, FEEDS, seed)
    for person, name in enumerate(NAMES, 1):
        made.identifiers[person] = (Identifier("user_id", name, "m", 0),)
    for number, step in enumerate(steps):
        if number == len(steps) // 2:
            tenant.locked = locked
            made.now_ms += 1_300_000  # the token is over by now, as it would be found out
        made.want(*step)
    made.finish()
    for person, wanted in made.wanted.items():
        assert made.told(person) == wanted
        row = tenant.extension.rows.get(NAMES[person - 1], {})
        for feed in (HOT, VIP):
            assert bool(row.get(feed.field)) is bool(wanted.get(feed.field))
        assert row.get("Name") == wanted.get("Name")


JOURNEY = Feed("APIEvent-5f", "audience", "audience:hot", mode="trigger")


@given(st.lists(st.tuples(st.integers(1, 2), st.booleans()), min_size=1, max_size=20))
def test_in_fair_weather_each_entry_starts_the_journey_once(flips):
    settings = SfmcSettings("mc5", "id", "s", extension="Audiences")
    tenant = Tenant("id", "s", "Audiences")
    made = Course(SFMC, settings, tenant, (JOURNEY,), 1)
    made.calm = True
    inside, expected = {}, []
    for person, name in enumerate(NAMES[:2], 1):
        made.identifiers[person] = (Identifier("user_id", name, "m", 0),)
    for person, value in flips:
        if value and not inside.get(person):
            expected.append(NAMES[person - 1])
        inside[person] = value
        made.want(person, JOURNEY, value)
        made.finish()
    assert [entry["ContactKey"] for entry in tenant.entries] == expected
    assert all(entry["Data"]["Member"] for entry in tenant.entries)
