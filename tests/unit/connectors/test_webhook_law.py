"""Whatever changes, and whatever goes wrong, a receiver of webhooks ends with what is true."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ebbline.connectors import connector_of
from ebbline.connectors.braze.sandbox.workspace import Workspace
from ebbline.connectors.instants import iso
from ebbline.connectors.webhook.sandbox import Receiver
from ebbline.delivery import Feed
from tests.unit.connectors.driving import Drive, changes, lowered

HOOK = connector_of("webhook")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
FEEDS = (
    Feed("vip", "audience", "audience:vip"),
    Feed("churn", "audience", "audience:churn"),
    Feed("score", "number", "trait:score"),
    Feed("name", "text", "trait:name"),
    Feed("since", "timestamp", "trait:since"),
    Feed("tags", "list", "trait:tags"),
)
WAYS = [
    {},
    {"batch": "array"},
    {"batch": "ndjson", "method": "PUT"},
    {"batch": "merge:messages", "batch_size": 3, "method": "PATCH"},
    {"headers": {"X-Person": "{{ person.value | upcase }}"}, "batch": "array"},
]
OWN = (
    '{"type":"x","timestamp":{{ timestamp | json }},"data":{"person":{{ person | json }},'
    '{% if audience %}"audience":{{ audience | json }},"member":{{ member }}'
    '{% else %}"trait":{{ trait | json }},"value":{{ value | json }}{% endif %}}}'
)
WAYS += [{"body": OWN}, {"body": OWN, "batch": "array"}]


def into(receiver):
    return lambda request, now_ms: receiver.answer(lowered(request), now_ms)


def settings_of(way):
    settings = HOOK.read_settings({"url": "https://x.org/h", "secret": SECRET} | way)
    assert not isinstance(settings, tuple), settings
    return settings


@given(changes(FEEDS), st.sampled_from(WAYS), st.none() | st.integers(0, 999))
def test_the_receiver_ends_with_the_newest_values(history, way, seed):
    receiver = Receiver(SECRET, requests=1_000, window_ms=1_000)
    drive = Drive(HOOK, settings_of(way), FEEDS, into(receiver), seed=seed)
    for change in history:
        drive.change(*change)
    drive.settle_all()
    nothing = {feed.field: False if feed.kind == "audience" else None for feed in FEEDS}
    for (person, field), value in drive.wanted.items():
        held = receiver.people.get(f"user_id:{person}", {}).get(field, nothing[field])
        wanted = iso(value) if field == "since" and value is not None else value
        assert msgspec.json.encode(held) == msgspec.json.encode(wanted)


@given(changes(FEEDS[:2]), st.none() | st.integers(0, 999))
def test_a_template_speaks_to_braze(history, seed):
    body = (
        '{"attributes":[{"external_id":{{ person.value | json }},'
        "{{ audience | json }}:{{ member }}}]}"
    )
    workspace = Workspace("k", objects_max=75, requests=3_000, window_ms=3_000)
    settings = settings_of({
        "url": "https://rest.iad-01.braze.com/users/track", "body": body,
        "headers": {"Authorization": "Bearer k"}, "batch": "merge:attributes", "batch_size": 75,
    })  # fmt: skip

    def answer(request, now_ms):
        made = lowered(request)
        path = made.url.removeprefix("https://rest.iad-01.braze.com")
        return workspace.answer(msgspec.structs.replace(made, url=path), now_ms)

    drive = Drive(HOOK, settings, FEEDS[:2], answer, seed=seed)
    for change in history:
        drive.change(*change)
    drive.settle_all()
    held = {
        (user["external_id"], field): value
        for user in workspace.views("users", {})["users"]
        for field, value in user["custom_attributes"].items()
    }
    for key, value in drive.wanted.items():
        assert held.get(key, False) is value


@given(changes(FEEDS[:2]), st.none() | st.integers(0, 999))
def test_every_change_is_told_at_least_once_and_repeats_can_be_told_apart(history, seed):
    feeds = tuple(msgspec.structs.replace(feed, mode="event", every=True) for feed in FEEDS[:2])
    receiver = Receiver(SECRET, requests=1_000, window_ms=1_000)
    settings = settings_of({"batch": "array", "batch_size": 4})
    drive = Drive(HOOK, settings, feeds, into(receiver), seed=seed)
    for person, feed, value in history:
        drive.change(person, msgspec.structs.replace(feed, mode="event", every=True), value)
    drive.settle_all()
    told = {(m["data"]["version"], m["data"]["audience"], m["data"]["member"])
            for m in receiver.told}  # fmt: skip
    happened = {(seq, feed.field, value) for seq, (_, feed, value) in enumerate(history, 1)}
    assert told == happened
