"""What a project says about Mailchimp, and what becomes of it."""

from __future__ import annotations

import pytest

from ebbline.connectors import check, connector_of
from ebbline.connectors.mailchimp import MAILCHIMP
from ebbline.connectors.mailchimp.sandbox import Account
from ebbline.connectors.mailchimp.settings import MailchimpSettings
from ebbline.delivery import Address, Feed
from ebbline.profiles.graph import Identifier
from tests.unit.connectors.test_braze_law import Course

GOOD = {"key": "env:MAILCHIMP_KEY", "list_id": "4ca5becb8d"}


def test_the_least_that_is_needed():
    assert check("mailchimp", GOOD) == ()
    assert connector_of("mailchimp") is MAILCHIMP


@pytest.mark.parametrize(
    ("settings", "where", "says"),
    [
        ({"key": "abc-us21"}, "key", "must name a secret"),
        ({"list_id": "https://x"}, "list_id", "audience id"),
        ({"data_center": "us21.evil.org/"}, "data_center", "us21"),
        ({"endpoint": "ftp://x"}, "endpoint", "no scheme"),
        ({"status_if_new": "cleaned"}, "status_if_new", "cleaned"),
        ({"connections": 11}, "connections", "<= 10"),
        ({"batch_size": 501}, "batch_size", "<= 500"),
    ],
)
def test_settings_that_are_wrong(settings, where, says):
    (problem,) = check("mailchimp", GOOD | settings)
    assert problem.where == where
    assert says in problem.message


@pytest.mark.parametrize(
    ("field", "mode", "good"),
    [
        ("HIGHINT", "attribute", True),
        ("HIGH_INT_2", "attribute", True),
        ("HIGH_INTENT", "attribute", False),
        ("highint", "attribute", False),
        ("EMAIL", "attribute", False),
        ("2X", "attribute", False),
        ("High intent", "list", True),
        (" high", "list", False),
        ("x" * 101, "list", False),
        ("", "list", False),
        ("bought", "event", True),
        ("b", "event", False),
        ("x" * 31, "event", False),
    ],
)
def test_fields_by_mode(field, mode, good):
    assert (MAILCHIMP.field_problem(field, mode) == "") is good


@pytest.mark.parametrize(
    ("key", "more", "url"),
    [
        ("abc-us21", {}, "https://us21.api.mailchimp.com/3.0"),
        ("abc-us21", {"data_center": "us7"}, "https://us7.api.mailchimp.com/3.0"),
        ("abc", {"endpoint": "http://127.0.0.1:8070/"}, "http://127.0.0.1:8070/3.0"),
    ],
)
def test_where_requests_go(key, more, url):
    assert MailchimpSettings(key, "l", **more).url == url


@pytest.mark.parametrize("key", ["abc", "abc-", "abc-US21", "abc-us21.evil.org", "-us21/x"])
def test_a_key_that_names_no_data_center(key):
    settings = MailchimpSettings(key, "l")
    assert settings.where == ""
    assert settings.url == "https://us1.api.mailchimp.com/3.0"


@pytest.mark.parametrize(
    ("key", "more", "cut_off"),
    [
        ("0123456789abcdef" * 2, {}, True),
        ("0123456789abcdef" * 2 + "-", {}, True),
        ("0123456789abcdef" * 2 + "-us21", {}, False),
        ("0123456789abcdef" * 2, {"data_center": "us7"}, False),
        ("whsec_AAAA", {}, False),
    ],
)
def test_a_key_that_was_not_copied_whole(key, more, cut_off):
    assert MailchimpSettings(key, "l", **more).is_cut_off is cut_off


def test_people_are_known_by_their_address():
    settings = MailchimpSettings("k-us21", "l")
    both = [Identifier("user_id", "ana", "m", 0), Identifier("email", " Ana@X.org", "m", 0)]
    assert MAILCHIMP.address(both, settings) == Address("email", "ana@x.org")
    assert MAILCHIMP.address([Identifier("email", "ana", "m", 0)], settings) is None
    work = MailchimpSettings("k-us21", "l", identify="work_email")
    assert MAILCHIMP.address(both, work) is None


def test_limits_follow_the_settings():
    limits = MAILCHIMP.limits(MailchimpSettings("k-us21", "l"))
    assert (limits.objects_max, limits.objects("event"), limits.concurrency) == (500, 1, 8)
    slow = MailchimpSettings("k-us21", "l", connections=2, requests_per_second=0.5)
    limits = MAILCHIMP.limits(slow)
    assert (limits.concurrency, limits.requests, limits.window_ms) == (2, 1, 2_000)


EVENT = Feed("hot_changed", "audience", "audience:hot", mode="event", every=True)
TAG = Feed("hot", "audience", "audience:hot_too", mode="list")


def course(*feeds):
    account = Account("k-us21", "4ca5becb8d")
    made = Course(MAILCHIMP, MailchimpSettings("k-us21", "4ca5becb8d"), account, feeds, 1)
    made.calm = True
    made.identifiers[1] = (Identifier("email", "ana@x.org", "m", 0),)
    return made


def test_every_change_is_an_event_of_its_own_after_an_introduction():
    made = course(EVENT)
    for value in (True, False, True):
        made.want(1, EVENT, value)
    made.finish()
    told = [event["properties"] for event in made.vendor.contacts.find("ana@x.org").events]
    assert [one["member"] for one in told] == ["true", "false", "true"]
    assert [one["version"] for one in told] == ["1", "2", "3"]
    routes = [send.route for send in made.sends]
    assert routes[0] == "handle"
    assert routes.count("event") == 3


def test_a_contact_who_was_removed_there_is_introduced_anew():
    made = course(TAG)
    made.want(1, TAG, value=True)
    made.finish()
    made.vendor.contacts.by_hash.clear()
    made.want(1, TAG, value=False)
    made.finish()
    made.want(1, TAG, value=True)
    made.finish()
    assert made.told(1) == {"hot": True}
    assert [send.route for send in made.sends][-3:] == ["tag:hot", "handle", "tag:hot"]


def test_who_was_deleted_for_good_is_laid_aside_with_the_reason():
    made = course(TAG)
    made.want(1, TAG, value=True)
    made.finish()
    (key,) = made.vendor.contacts.by_hash
    made.vendor.contacts.by_hash.clear()
    made.vendor.contacts.forgotten.add(key)
    made.want(1, TAG, value=False)
    made.finish()
    made.want(1, TAG, value=True)
    with pytest.raises(AssertionError, match="permanently deleted"):
        made.finish()
