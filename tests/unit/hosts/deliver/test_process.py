"""The deliver loop against the sandbox over real HTTP."""

from __future__ import annotations

from ebbline.hosts.embedded.deliver.reading import list_deliveries, show_delivery
from tests.unit.hosts.deliver.conftest import KEY, Running, make_deliver, plan_for, until


def users(sandbox):
    return {
        user.get("external_id") or user["user_alias"]["alias_name"]: user["custom_attributes"]
        for user in sandbox.app.vendor.users.listed()
    }


async def test_an_entry_and_an_exit_reach_braze(tmp_path, state, sandbox):
    state.person(1, ("user_id", "ana"))
    state.enter(1, "high_intent")
    async with Running(make_deliver(tmp_path, plan_for(sandbox.url))) as deliver:
        await until(lambda: users(sandbox) == {"ana": {"segment_high_intent": True}})
        assert sandbox.app.requests[0]["body"] == {
            "attributes": [{"external_id": "ana", "segment_high_intent": True}]
        }
        state.leave(1, "high_intent")
        deliver.wake()
        await until(lambda: users(sandbox) == {"ana": {"segment_high_intent": False}})
    listed = list_deliveries(tmp_path)
    assert [delivery.state for delivery in listed] == ["done", "done"]
    assert KEY not in str(show_delivery(tmp_path, listed[0].id))
