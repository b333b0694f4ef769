"""What a project says about Marketing Cloud, and what becomes of it."""

from __future__ import annotations

import pytest

from ebbline.connectors import Setup, check, connector_of
from ebbline.connectors.sfmc import SFMC
from ebbline.connectors.sfmc.settings import SfmcSettings
from ebbline.delivery import Address, Feed, Item, Send, Value
from ebbline.profiles.graph import Identifier

GOOD = {"subdomain": "mc563885gzs27c5t9", "client_id": "env:ID", "client_secret": "env:SECRET",
        "extension": "Audiences"}  # fmt: skip


def test_the_least_that_is_needed():
    assert check("sfmc", GOOD) == ()
    assert check("sfmc", GOOD | {"client_id": "a1b2c3"}) == ()
    assert connector_of("sfmc") is SFMC


@pytest.mark.parametrize(
    ("settings", "where", "says"),
    [
        ({"client_secret": "abc"}, "client_secret", "must name a secret"),
        ({"subdomain": "evil.example/"}, "subdomain", "letters, digits and hyphens"),
        ({"subdomain": ""}, "subdomain", "letters, digits and hyphens"),
        ({"key_field": "1 or 1"}, "key_field", "primary key"),
        ({"extension": "a\nb"}, "extension", "external key"),
        ({"endpoint": "http://x.org"}, "endpoint", "use https"),
        ({"batch_size": 51}, "batch_size", "<= 50"),
    ],
)
def test_settings_that_are_wrong(settings, where, says):
    (problem,) = check("sfmc", GOOD | settings)
    assert problem.where == where
    assert says in problem.message


@pytest.mark.parametrize(
    ("field", "mode", "good"),
    [
        ("HighIntent", "attribute", True),
        ("High Intent_2", "attribute", True),
        ("2x", "attribute", False),
        ("a.b", "attribute", False),
        ("", "attribute", False),
        ("x" * 129, "attribute", False),
        ("APIEvent-5f3c", "trigger", True),
        ("API Event", "trigger", False),
        ("", "trigger", False),
    ],
)
def test_fields_by_mode(field, mode, good):
    assert (SFMC.field_problem(field, mode) == "") is good


def test_hosts_are_the_tenants():
    settings = SfmcSettings("mc5", "id", "s")
    assert settings.auth_url == "https://mc5.auth.marketingcloudapis.com"
    assert settings.rest_url == "https://mc5.rest.marketingcloudapis.com"
    local = SfmcSettings("mc5", "id", "s", endpoint="http://127.0.0.1:8071/")
    assert local.auth_url == local.rest_url == "http://127.0.0.1:8071"


def test_people_are_known_by_the_identifier_that_is_chosen():
    held = [Identifier("user_id", "ana", "m", 0), Identifier("email", "ana@x.org", "m", 0)]
    assert SFMC.address(held, SfmcSettings("mc5", "id", "s")) == Address("contact_key", "ana")
    by_mail = SfmcSettings("mc5", "id", "s", identify="email")
    assert SFMC.address(held, by_mail) == Address("contact_key", "ana@x.org")
    assert SFMC.address(held, SfmcSettings("mc5", "id", "s", identify="phone")) is None


def test_limits_follow_the_settings():
    limits = SFMC.limits(SfmcSettings("mc5", "id", "s"))
    assert (limits.objects(""), limits.objects("journey"), limits.requests) == (10, 1, 20)
    limits = SFMC.limits(SfmcSettings("mc5", "id", "s", batch_size=50, requests_per_second=0.5))
    assert (limits.objects_max, limits.requests, limits.window_ms) == (50, 1, 2_000)


def test_no_secret_is_in_a_request_but_for_a_token():
    settings = SfmcSettings("mc5", "the id", "the secret", extension="E")
    item = Item(Address("contact_key", "ana"), (Value("HighIntent", "audience", True, 1, 0, 0),))
    request = SFMC.encode(Send(1, "d", (item,), 0), Setup(settings, "t0k3n"))
    whole = f"{request.url} {request.headers} {request.body!r}"
    assert "the secret" not in whole
    assert "t0k3n" in whole
    feed = Feed("HighIntent", "audience", "audience:hot")
    assert SFMC.route(item.address, "", feed, True, settings) == ""
