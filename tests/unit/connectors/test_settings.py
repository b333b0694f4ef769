"""Settings as written: what is taken, and a sentence about what is not."""

from __future__ import annotations

import pytest

from ebbline.connectors import check, connector_of
from ebbline.definitions.plan import SyncDef
from ebbline.errors import SetupError
from ebbline.profiles.graph import Identifier

BRAZE = {"endpoint": "https://rest.iad-01.braze.com", "key": "env:BRAZE_API_KEY"}
HOOK = {"url": "https://example.org/hook"}


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("braze", BRAZE),
        ("braze", BRAZE | {"batch_size": 75, "requests_per_second": 0.5}),
        ("braze", BRAZE | {"endpoint": "http://127.0.0.1:8070"}),
        ("braze", BRAZE | {"endpoint": "http://[::1]:8070"}),
        ("webhook", HOOK),
        ("webhook", HOOK | {"secret": "file:/etc/secret"}),
        ("webhook", HOOK | {"secrets": ["env:OLD", "env:NEW"], "headers": {"X-Key": "env:KEY"}}),
    ],
)
def test_good(kind, settings):
    assert check(kind, settings) == ()


@pytest.mark.parametrize(
    ("kind", "settings", "where", "says"),
    [
        ("brazen", {}, "type", 'did you mean "braze"?'),
        ("braze", {"key": "env:K"}, "", "endpoint"),
        ("braze", BRAZE | {"key": "abc-123"}, "key", "env:NAME, file:PATH or store:NAME"),
        ("braze", BRAZE | {"endpont": "x"}, "endpont", 'did you mean "endpoint"?'),
        ("braze", BRAZE | {"endpoint": "rest.braze.com"}, "endpoint", "no web address"),
        ("braze", BRAZE | {"endpoint": "http://rest.braze.com"}, "endpoint", "use https"),
        ("braze", BRAZE | {"endpoint": "http://localhost@evil.example"}, "endpoint", "user name"),
        ("braze", BRAZE | {"batch_size": 76}, "batch_size", "<= 75"),
        ("braze", BRAZE | {"batch_size": "many"}, "batch_size", "int"),
        ("braze", BRAZE | {"requests_per_second": 0}, "requests_per_second", "> 0"),
        ("webhook", HOOK | {"secret": "whsec_abc"}, "secret", "env:NAME"),
        ("webhook", HOOK | {"secrets": ["env:A", "env:B", "env:C"]}, "secrets", "At most 2"),
        ("webhook", HOOK | {"headers": {"webhook-id": "1"}}, "headers.webhook-id", "itself"),
        ("webhook", HOOK | {"headers": {"a b": "1"}}, "headers.a b", "name of a header"),
        ("webhook", HOOK | {"headers": {"X": "a\nb"}}, "headers.X", "one line"),
    ],
)
def test_bad(kind, settings, where, says):
    (problem,) = check(kind, settings)
    assert problem.where == where
    assert says in problem.message


def test_fields_that_braze_would_misread():
    syncs = [SyncDef(field, "vip") for field in ("vip", "external_id", "$x", "a" * 256)]
    assert [problem.where[:12] for problem in check("braze", BRAZE, syncs)] == [
        "sync.externa",
        "sync.$x",
        "sync.aaaaaaa",
    ]
    assert check("webhook", HOOK, syncs) == ()


def test_modes_that_a_connector_lacks():
    (problem,) = check("braze", BRAZE, [SyncDef("vip", "vip", mode="list")])
    assert problem.message.startswith("braze has no mode list; there is attribute")
    (problem,) = check("braze", BRAZE, [SyncDef("vip", "vip", changes="every")])
    assert "mode: event" in problem.message
    assert not check("braze", BRAZE, [SyncDef("vip", "vip", mode="event", changes="every")])


def test_a_secret_that_is_none():
    settings = connector_of("webhook").read_settings(HOOK | {"secret": "whsec_abc"})
    assert "24 to 64 random bytes" in settings[0].message


def test_an_unknown_type_at_start():
    with pytest.raises(SetupError, match="there are braze, "):
        connector_of("fax")


def test_limits_follow_the_settings():
    connector = connector_of("braze")
    limits = connector.limits(connector.read_settings(BRAZE | {"key": "k"}))
    assert (limits.objects_max, limits.requests, limits.window_ms) == (50, 3_000, 3_000)
    slow = BRAZE | {"key": "k", "batch_size": 75, "requests_per_second": 0.5}
    limits = connector.limits(connector.read_settings(slow))
    assert (limits.objects_max, limits.requests, limits.window_ms) == (75, 1, 2_000)


def test_who_a_person_is_at_braze():
    connector = connector_of("braze")
    held = [Identifier(kind, kind[0], "m", 0) for kind in ("crm_id", "user_id", "anonymous_id")]

    def address(**settings):
        found = connector.read_settings(BRAZE | {"key": "k"} | settings)
        return str(connector.address(held[settings == {} :], found))

    assert address() == "external_id:u"
    assert address(external_id="crm_id") == "external_id:c"
    assert address(external_id="loyalty_id") == "user_alias:a"
    assert address(external_id="loyalty_id", alias="") == "None"
