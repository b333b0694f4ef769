"""What a Braze destination can be told in a project, and how it is sent through a lane."""

from __future__ import annotations

import pytest

from ebbline.connectors import Setup
from ebbline.connectors.braze import BRAZE
from ebbline.connectors.braze.sandbox import Workspace
from ebbline.connectors.braze.settings import BrazeSettings
from ebbline.connectors.conversation import Refusal
from ebbline.delivery import Address, Feed
from ebbline.profiles.graph import Identifier
from tests.unit.connectors.test_braze_law import Course

ALIAS, ANA = Address("user_alias", "5f"), Address("external_id", "ana")
BOB = Address("external_id", "bob")


@pytest.mark.parametrize(
    ("field", "mode", "good"),
    [
        ("vip", "attribute", True),
        ("external_id", "attribute", False),
        ("subscription_groups", "attribute", False),
        ("$x", "attribute", False),
        ("external_id", "event", True),
        ("x" * 256, "event", False),
        ("4f0c-11aa", "subscription", True),
        ("Newsletter group", "subscription", False),
        ("", "subscription", False),
        ("0b8e-77", "trigger", True),
        ("a/b", "trigger", False),
    ],
)
def test_fields_by_mode(field, mode, good):
    assert (BRAZE.field_problem(field, mode) == "") is good


@pytest.mark.parametrize(
    ("old", "new", "settings", "joins"),
    [
        (ALIAS, ANA, {"identify": True}, True),
        (ALIAS, ANA, {"merge": True}, False),
        (BOB, ANA, {"merge": True}, True),
        (BOB, ANA, {"identify": True}, False),
        (ANA, ALIAS, {"identify": True, "merge": True}, False),
        (ALIAS, ANA, {}, False),
        (BOB, ANA, {}, False),
    ],
)
def test_whom_braze_joins(old, new, settings, joins):
    assert BRAZE.follows(old, new, BrazeSettings("https://b.org", "k", **settings)) is joins


def test_other_endpoints_take_fifty_people_at_most():
    limits = BRAZE.limits(BrazeSettings("https://b.org", "k", batch_size=75))
    assert (limits.objects(""), limits.objects("event")) == (75, 75)
    assert limits.objects("canvas:0b8e") == limits.objects("delete:user_alias") == 50
    assert BRAZE.limits(BrazeSettings("https://b.org", "k", batch_size=9)).objects("merge") == 9


def course(*feeds, workspace=None, **settings):
    workspace = workspace or Workspace("k", objects_max=75, requests=3_000, window_ms=3_000)
    made = Course(BRAZE, BrazeSettings("https://b.org", "k", **settings), workspace, feeds, 1)
    made.calm = True
    made.identifiers[1] = (Identifier("user_id", "ana", "m", 0),)
    return made


def test_every_change_is_an_event_with_its_version():
    feed = Feed("high_intent", "audience", "audience:hot", mode="event", every=True)
    made = course(feed)
    for value in (True, False, True):
        made.want(1, feed, value)
    made.finish()
    (user,) = made.vendor.users.everybody()
    assert [event["name"] for event in user.events] == ["high_intent"] * 3
    told = [event["properties"] for event in user.events]
    assert told == [{"member": True, "version": 1}, {"member": False, "version": 2},
                    {"member": True, "version": 3}]  # fmt: skip


def test_more_events_than_a_request_holds_get_there_in_halves():
    feed = Feed("high_intent", "audience", "audience:hot", mode="event", every=True)
    made = course(feed, workspace=Workspace("k", objects_max=4, requests=9, window_ms=1_000),
                  batch_size=4)  # fmt: skip
    made.lane.paused = True
    for number in range(11):
        made.want(1, feed, number % 2 == 0)
    made.lane.paused = False
    made.want(1, feed, value=False)
    made.finish()
    (user,) = made.vendor.users.everybody()
    assert [event["properties"]["version"] for event in user.events] == list(range(1, 13))


def test_an_entry_starts_a_canvas_and_an_exit_does_not():
    feed = Feed("0b8e-77", "audience", "audience:hot", mode="trigger")
    made = course(feed)
    for value in (True, False, True, False):
        made.want(1, feed, value)
        made.finish()
    (user,) = made.vendor.users.everybody()
    assert [entry["canvas_id"] for entry in user.entries] == ["0b8e-77"] * 2
    assert [send.route for send in made.sends] == ["handle", *["canvas:0b8e-77"] * 4]


def test_a_subscription_is_set_by_its_own_endpoint_once_the_person_is_there():
    feed = Feed("4f0c-11", "audience", "audience:mails", mode="subscription")
    made = course(feed)
    for value in (True, False, True):
        made.want(1, feed, value)
        made.finish()
    assert [send.route for send in made.sends] == ["", *["subscription:4f0c-11"] * 2]
    (user,) = made.vendor.users.everybody()
    assert user.subscriptions == {"4f0c-11": "subscribed"}


def test_a_key_without_a_permission_is_found_out_before_anything_is_sent():
    keys = {"weak": ["users.track"]}
    workspace = Workspace("k", objects_max=75, requests=9, window_ms=1_000, keys=keys)
    feed = Feed("0b8e-77", "audience", "audience:hot", mode="trigger")
    made = course(workspace=workspace)
    weak = Setup(BrazeSettings("https://b.org", "weak"))
    refusal = made.said(BRAZE.prepare([Feed("vip", "audience", "audience:vip"), feed], weak))
    assert isinstance(refusal, Refusal)
    assert refusal.verdict == "misconfigured"
    assert "canvas.trigger.send" in refusal.reason
    assert workspace.users.everybody() == []
