"""Whatever is wanted, and whatever the weather: in the end Mailchimp holds it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ebbline.connectors.mailchimp import MAILCHIMP
from ebbline.connectors.mailchimp.sandbox import Account
from ebbline.connectors.mailchimp.settings import MailchimpSettings
from ebbline.delivery import Feed
from ebbline.profiles.graph import Identifier
from tests.unit.connectors.test_braze_law import Course

HIGH = Feed("HIGHINT", "audience", "audience:hot")
SCORE = Feed("SCORE", "number", "trait:score")
SEEN = Feed("SEEN", "timestamp", "trait:seen")
ADULT = Feed("ADULT", "boolean", "trait:adult")
NAME = Feed("NAME", "text", "trait:name")
TAGGED = Feed("high intent", "audience", "audience:hot_too", mode="list")
VIP = Feed("vip", "audience", "audience:vip", mode="list")
FEEDS = (HIGH, SCORE, SEEN, ADULT, NAME, TAGGED, VIP)
STATES = ["nobody", "unsubscribed", "cleaned", "subscribed", "archived"]
PEOPLE = st.integers(1, 5)
STEPS = st.lists(
    st.one_of(
        st.tuples(PEOPLE, st.sampled_from([HIGH, TAGGED, VIP]), st.booleans()),
        st.tuples(PEOPLE, st.just(SCORE), st.sampled_from([None, 0, 1.5, -7])),
        st.tuples(PEOPLE, st.just(SEEN), st.sampled_from([None, 86_400_123])),
        st.tuples(PEOPLE, st.just(ADULT), st.sampled_from([None, True, False])),
        st.tuples(PEOPLE, st.just(NAME), st.sampled_from([None, "Ana", "true", "7"])),
    ),
    min_size=1,
    max_size=40,
)


def email(person):
    return f"p{person}@x.org"


@given(STEPS, st.integers(0, 10_000), st.sampled_from([1, 3, 500]))
def test_the_audience_comes_to_hold_what_is_wanted(steps, seed, batch_size):
    settings = MailchimpSettings("k-us21", "4ca5becb8d", batch_size=batch_size)
    account = Account("k-us21", "4ca5becb8d", busy_ms=50)
    for person, status in enumerate(STATES, 1):
        if status != "nobody":
            member = {"email_address": email(person), "status": status}
            account.contacts.store(member, update=True)
    made = Course(MAILCHIMP, settings, account, FEEDS, seed)
    for person in range(1, 6):
        made.identifiers[person] = (Identifier("email", email(person).upper(), "m", 0),)
    for step in steps:
        made.want(*step)
    made.finish()
    for person, wanted in made.wanted.items():
        assert made.told(person) == wanted
    for person, status in enumerate(STATES, 1):
        contact = account.contacts.find(email(person))
        if status != "nobody":
            assert contact.status == status  # nobody was subscribed, or unsubscribed, by us
        elif contact is not None:
            assert contact.status == "transactional"
    for feed in (TAGGED, VIP):
        told = made.talk(MAILCHIMP.members(feed, made.setup))
        inside = {email(person) for person, held in made.wanted.items() if held.get(feed.field)}
        assert {address.value for address in told} == inside
