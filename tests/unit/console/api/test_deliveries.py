"""Deliveries, destinations, service levels and reconciliation through the API."""

from __future__ import annotations

import pytest

from tests.unit.console.api.test_people import problem


def test_destinations_say_how_they_do_and_what_they_get(api):
    (found,) = api.data("/v1/destinations")["destinations"]
    assert (found["name"], found["type"], found["state"]) == ("braze", "braze", "closed")
    assert "audience:pricing_hot" in found["sync"]
    assert found["people"] == 5


def test_a_delivery_is_shown_with_raw_request_and_reply(api):
    listed = api.data("/v1/deliveries?destination=braze&state=done")["deliveries"]
    found = api.data(f"/v1/deliveries/{listed[-1]['id']}")
    assert found["delivery"] == listed[-1]
    assert "attributes" in str(found["request"])
    assert found["response"]["status"] in (200, 201)
    assert "whsec_" not in str(found)
    assert problem(api("/v1/deliveries/99999", code=404))


def test_deliveries_are_paged_by_number(api):
    listed = api.data("/v1/deliveries")["deliveries"]
    first = api.data("/v1/deliveries?limit=1")
    assert first["deliveries"] == listed[:1]
    rest = api.data(f"/v1/deliveries?before={first['older']}")["deliveries"]
    assert rest == listed[1:]
    assert api.data("/v1/deliveries?destination=none")["deliveries"] == []


def test_orders_are_left_for_the_delivering_process(own_api):
    assert own_api.data("/v1/destinations/braze/pause", {})["running"] is False
    assert own_api.data("/v1/deliveries/retry", {}) == {"running": False, "values": 0}
    spool = own_api.app.context.folder.path / "deliver-orders"
    assert len(list(spool.glob("*.json"))) == 2


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_a_destination_that_there_is_not_cannot_be_held(api, verb):
    assert "there is braze" in problem(api(f"/v1/destinations/none/{verb}", {}, code=404))["detail"]


def test_a_reconciliation_needs_a_running_system(api):
    told = problem(api("/v1/reconciliations", {"destination": "braze"}, code=409))
    assert told["code"] == "not_running"
    assert problem(api("/v1/reconciliations", {"destination": "none"}, code=404))
    assert api.data("/v1/reconciliations") == {"reports": []}
    assert problem(api("/v1/reconciliations/none", code=404))


def test_service_levels_stand_beside_what_is_promised(api):
    found = api.data("/v1/slo?window_seconds=86400")
    assert found["window_ms"] == 86_400_000
    assert [each["destination"] for each in found["destinations"]] == ["braze"]
    assert found["destinations"][0]["levels"][0]["figures"]["changes"] > 0


def test_alarms_are_silenced_for_a_while(own_api):
    told = own_api.data("/v1/slo/silences", {"destination": "braze", "seconds": 60})
    assert told["until"] is not None
    ended = own_api.data("/v1/slo/silences", {"destination": "braze", "seconds": 0})
    assert ended["until"] is None
    assert problem(own_api("/v1/slo/silences", {"destination": "none"}, code=404))


def test_live_events_come_with_places_to_go_on_from(api):
    text = api("/v1/events/live?seconds=0&after=0").text
    ids = [line[4:] for line in text.splitlines() if line.startswith("id: ")]
    assert len(ids) == 5 * 4 + 3
    again = api("/v1/events/live?seconds=0", headers={"last-event-id": ids[5]}).text
    assert [line[4:] for line in again.splitlines() if line.startswith("id: ")] == ids[6:]
    assert problem(api("/v1/events/live", headers={"last-event-id": "x"}, code=422))


def test_live_events_are_filtered(api):
    text = api("/v1/events/live?seconds=0&after=0&name=Order%20Completed").text
    assert text.count("data: ") == 1
    latest = api.data("/v1/events?user=ben&limit=2")["events"]
    assert [each["user_id"] for each in latest] == ["ben", "ben"]


def test_watchers_are_few_and_make_room_again(api):
    context = api.app.context
    taken = 0
    while context.followers.acquire(blocking=False):
        taken += 1
    assert problem(api("/v1/events/live?seconds=0", code=429))["code"] == "busy"
    for _ in range(taken):
        context.followers.release()
    for _ in range(taken + 2):
        api("/v1/events/live?seconds=0")


def test_refusals_are_shown_with_what_was_sent(api):
    listed = api.data("/v1/quarantine")
    assert sum(listed["counts"].values()) == len(listed["refused"]) >= 2
    forms = {api.data(f"/v1/quarantine/{each['id']}")["form"] for each in listed["refused"]}
    assert forms == {"json", "text"}
    code = listed["refused"][0]["code"]
    some = api.data(f"/v1/quarantine?code={code}&limit=1")
    assert some["refused"] == listed["refused"][:1]
    assert problem(api("/v1/quarantine/99999", code=404))


def test_sources_have_their_write_keys(api):
    assert api.data("/v1/sources")["sources"][0]["name"] == "website"


def test_work_that_reads_much_is_done_few_at_a_time(api):
    with api.app.context.heavy(), api.app.context.heavy():
        response = api("/v1/profile?user=ana&at=2026-01-01T00:00:01Z", code=429)
        assert problem(response)["code"] == "busy"
        assert int(response.headers["retry-after"]) >= 1
