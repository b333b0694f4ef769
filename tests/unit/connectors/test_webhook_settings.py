"""What a project says about a webhook: templates, headers, batches, and what is wrong there."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import time

import pytest
from standardwebhooks.webhooks import Webhook

from ebbline.connectors import Setup, connector_of
from ebbline.connectors.registry import check
from ebbline.delivery import Address, Feed, Item, Send, Value

HOOK = connector_of("webhook")
URL = {"url": "https://example.org/hook"}


def read(**more):
    return HOOK.read_settings(URL | more)


PROBLEMS = [
    ({"body": "{% if member %}{}"}, "body", "Expected tag endif"),
    ({"body": '{"a":1}\n{{ value | json '}, "body", "Line 2, column 1"),
    ({"body": "{{ value | jsn }}"}, "body", 'no filter "jsn"; did you mean "json"?'),
    ({"body": "{{ valeu | json }}"}, "body", 'no variable "valeu"; did you mean "value"?'),
    ({"body": "{{ changes | json }}"}, "body", 'no variable "changes"'),
    ({"body": "{{ value | json }}", "per": "person"}, "body", 'no variable "value"'),
    ({"body": "{% include 'secrets' %}"}, "body", "cannot take in another one"),
    ({"body": "{% render 'secrets' %}"}, "body", "cannot take in another one"),
    ({"body": "{{ ${first_name} }}"}, "body", "Line 1, column 4: unexpected '$'"),
    ({"body": "x" * 20_001}, "body", "at most 20000 characters"),
    ({"body": '{"id":"{{ person.value }}"}'}, "body", "is not JSON"),
    ({"body": '{"v":{{ value }},"id":{{ person.value | json }}}'}, "body", "| json"),
    ({"body": '{"x":[]}', "batch": "merge:rows"}, "body", 'no array under "rows"'),
    ({"batch": "zip"}, "batch", "there is array, ndjson and merge:KEY"),
    ({"batch": "merge:"}, "batch", "merge:KEY"),
    ({"content_type": "text/plain"}, "content_type", "set body as well"),
    ({"content_type": "text/plain\n"}, "content_type", "one line"),
    (
        {"content_type": "text/plain", "body": "x", "batch_size": 2},
        "content_type",
        "Only JSON can be batched",
    ),
    ({"method": "DELETE"}, "method", "Invalid enum value"),
    ({"headers": {"X-A": "{{ nobody }}"}}, "headers.X-A", 'no variable "nobody"'),
    ({"headers": {"X-A": "{{ version }}"}}, "headers.X-A", 'no variable "version"'),
    ({"headers": {"X-A": "a\nb"}}, "headers.X-A", "one line"),
    ({"headers": {"Content-Type": "text/plain"}}, "headers.Content-Type", "content_type"),
    ({"headers": {f"X-{n}": "a" for n in range(31)}}, "headers", "at most 30"),
    ({"compatibility": "segment"}, "shared_secret", "needs it"),
    ({"shared_secret": "hush"}, "shared_secret", "needs it"),
]


@pytest.mark.parametrize(("more", "where", "says"), PROBLEMS)
def test_what_is_wrong_is_said_where_it_is(more, where, says):
    (problem,) = read(**more)
    assert problem.where == where
    assert says in problem.message


def test_a_template_for_memberships_alone_and_one_for_traits_alone_are_right():
    assert not isinstance(read(body='{"in":{{ member }}}'), tuple)
    assert not isinstance(read(body='{"is":{{ value | json }}}'), tuple)


def test_the_shared_secret_must_be_a_reference():
    segment = URL | {"compatibility": "segment"}
    (problem,) = check("webhook", segment | {"shared_secret": "hush"})
    assert "must name a secret" in problem.message
    assert check("webhook", segment | {"shared_secret": "env:HUSH"}) == ()


def test_events_can_be_told():
    assert HOOK.modes == ("attribute", "event")


def test_batches_have_a_size_and_wait_for_company():
    limits = HOOK.limits(read(batch="ndjson"))
    assert (limits.objects_max, limits.counts, limits.linger_ms) == (100, "fields", 50)
    limits = HOOK.limits(read(batch="array", batch_size=1, per="person"))
    assert (limits.objects_max, limits.counts, limits.linger_ms) == (1, "people", 0)


def test_changes_go_together_unless_their_headers_differ():
    ana, bob = Address("user_id", "ana"), Address("user_id", "bob")
    feed = Feed("vip", "audience", "audience:vip")
    plain, named = read(headers={"X-Team": "a"}), read(headers={"X-P": "{{ person.value }}"})
    assert HOOK.route(ana, "", feed, True, plain) == HOOK.route(bob, "", feed, True, plain) == ""
    routes = [HOOK.route(who, "", feed, value, named) for who in (ana, bob) for value in (0, 1)]
    assert routes[0] == routes[1] != routes[2] == routes[3]


def test_the_reference_library_takes_a_template_signed_with_two_secrets():
    secrets = ["whsec_" + base64.b64encode(os.urandom(24)).decode() for _ in range(2)]
    body = ' {"id": {{ person.value | json }}, "in": {{ member }}}\n'
    settings = read(secrets=secrets, body=body, method="PUT")
    now_ms = int(time.time() * 1000)
    value = Value("vip", "audience", True, 7, now_ms, now_ms)
    made = HOOK.encode(
        Send(1, "hook", (Item(Address("user_id", "jürgen\n"), (value,)),), now_ms),
        Setup(settings),
    )
    for secret in secrets:
        assert Webhook(secret).verify(made.body, dict(made.headers)) == {
            "id": "jürgen\n",
            "in": True,
        }


def test_processes_without_templates_do_not_import_liquid():
    code = (
        "import sys\nfrom ebbline.connectors import Setup, connector_of\n"
        "from ebbline.delivery import Address, Item, Send, Value\n"
        "hook = connector_of('webhook')\n"
        "settings = hook.read_settings({'url': 'https://example.org'})\n"
        "item = Item(Address('user_id', 'a'), (Value('v', 'audience', True, 1, 0, 0),))\n"
        "hook.encode(Send(1, 'x', (item,), 0), Setup(settings))\n"
        "print([name for name in sys.modules if name.split('.')[0] == 'liquid'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
