"""Segment's browser library as npm has it, in real pages of a real browser, against a system."""

from __future__ import annotations

import base64
import json

import pytest

from tests.e2e.whole.system import until

pytestmark = pytest.mark.slow

BATCHING = """<script>
(window.analytics = window.analytics || [])._loadOptions = {integrations: {"Segment.io":
  {deliveryStrategy: {strategy: "batching", config: {size: %d, timeout: %d}}}}};
</script>"""


def test_a_visitor_of_a_page_becomes_a_member_in_braze(shop):
    shop.visit("/prices")
    shop.call("""async () => {
      await analytics.identify("ana", {email: "ana@example.com", plan: "pro"});
      await analytics.track("Product Viewed", {product_id: "p1", price: 24.5});
      await analytics.track("Product Viewed", {product_id: "p2"});
      await analytics.page("Pricing", {tab: "annual"});
      await analytics.group("acme", {plan: "enterprise"});
    }""")
    events = shop.collected(6)
    told = [(event.type, event.name) for event in events]
    assert told == [
        ("page", "Page Viewed"), ("identify", "$identify"), ("track", "Product Viewed"),
        ("track", "Product Viewed"), ("page", "Page Viewed"), ("group", "$group"),
    ]  # fmt: skip
    (device,) = {event.anonymous_id for event in events}
    assert device
    assert [event.user_id for event in events] == [None] + ["ana"] * 5
    assert events[1].traits == {"email": "ana@example.com", "plan": "pro"}
    assert events[2].properties == {"product_id": "p1", "price": 24.5}
    assert events[4].properties["page_name"] == "Pricing"
    assert events[0].properties["path"] == "/prices"
    assert (events[5].group_id, events[5].traits) == ("acme", {"plan": "enterprise"})
    assert events[0].context["page"]["title"] == "/prices"
    assert events[0].context["library"]["name"] == "analytics.js"
    assert {event.source for event in events} == {"shop"}
    assert shop.problems == []

    def told_braze():
        applied = [item for _, item in shop.sandboxes.applied()]
        return [item for item in applied if item.get("external_id") == "ana"]

    told = until(told_braze, "Braze knows of ana", 30)
    assert told == [{"external_id": "ana", "in_interested": True}]


def test_calls_are_preflighted_and_carry_the_key_in_their_head(shop):
    shop.visit("/")
    (first,) = shop.collected(1)
    (sent,) = shop.sent_to("/v1/p")
    headers = sent.all_headers()
    assert headers["authorization"] == "Basic " + base64.b64encode(b"web-key:").decode()
    assert headers["content-type"].startswith("text/plain")
    assert headers["origin"] == shop.pages.url
    assert sent.response().status == 200
    assert json.loads(sent.post_data)["messageId"] == first.message_id
    metrics = shop.system.door.ask("GET", "/metrics").body.decode()
    assert 'ebbline_collect_requests_total{endpoint="/v1/p",status="204"}' in metrics


def test_batches_of_calls_are_taken(shop):
    shop.before = BATCHING % (4, 60_000)
    shop.visit("/")
    shop.call("() => { for (const n of [1, 2, 3]) analytics.track('Product Viewed', {n}); }")
    events = shop.collected(4)
    assert [event.properties.get("n") for event in events] == [None, 1, 2, 3]
    (sent,) = shop.sent_to("/v1/b")
    assert len(json.loads(sent.post_data)["batch"]) == 4
    assert shop.sent_to("/v1/t") == []


def test_a_batch_that_waits_is_sent_when_the_visitor_leaves(shop):
    shop.before = BATCHING % (50, 60_000)
    shop.visit("/")
    shop.call("() => { analytics.track('Product Viewed', {n: 1}); }")
    shop.page.wait_for_timeout(300)
    assert shop.events() == []
    shop.page.goto("about:blank")
    names = {event.name for event in shop.collected(2)}
    assert names == {"Page Viewed", "Product Viewed"}


def test_what_is_told_offline_arrives_when_the_visitor_is_back(shop):
    shop.visit("/")
    shop.collected(1)
    shop.context.set_offline(True)
    shop.call("() => { analytics.track('Product Viewed', {where: 'tunnel'}); }")
    shop.page.wait_for_timeout(1_000)
    assert len(shop.events()) == 1
    shop.context.set_offline(False)
    (found,) = shop.collected(1, of={"Product Viewed"})
    assert found.properties == {"where": "tunnel"}


def test_what_waits_in_the_page_outlives_a_reload(shop):
    shop.visit("/")
    shop.collected(1)
    # Only the door for calls is away: the page itself and the library can be loaded.
    shop.page.route("**/v1/t", lambda route: route.abort())
    shop.call("() => { analytics.track('Product Viewed', {kept: true}); }")
    shop.page.wait_for_timeout(500)
    assert len(shop.events()) == 1
    shop.page.unroute("**/v1/t")
    shop.page.reload()
    (found,) = shop.collected(1, of={"Product Viewed"})
    assert found.properties == {"kept": True}
    assert len({event.anonymous_id for event in shop.events()}) == 1


def test_calls_made_before_the_library_is_there_are_kept(shop):
    shop.head += "<script>analytics.track('Product Viewed', {early: true});</script>"
    shop.visit("/")
    events = shop.collected(2)
    assert {event.name for event in events} == {"Page Viewed", "Product Viewed"}


def test_a_beacon_is_taken(shop):
    shop.visit("/")
    shop.collected(1)
    call = {"type": "track", "event": "Product Viewed", "userId": "bea", "messageId": "beacon-1"}
    body = {"writeKey": "web-key", "batch": [call]}
    script = "([url, body]) => navigator.sendBeacon(url, JSON.stringify(body))"
    assert shop.page.evaluate(script, [f"{shop.host}/v1/b", body]) is True
    (found,) = shop.collected(1, of={"Product Viewed"})
    assert found.user_id == "bea"


def test_an_unknown_key_is_told_in_the_page(shop):
    shop.head = shop.head.replace("web-key", "old-key")
    with shop.page.expect_response("**/analytics.js/v1/old-key/analytics.min.js") as told:
        shop.page.goto(shop.pages.url)
    assert told.value.status == 404
    script = shop.system.door.ask("GET", "/analytics.js/v1/old-key/analytics.min.js")
    assert script.body.startswith(b"/* the write key belongs to no source")


def test_the_snippet_page_says_whether_it_works(system, browser):
    context = browser.new_context()
    page = context.new_page()
    host = f"http://127.0.0.1:{system.port}"
    page.goto(f"{host}/snippet?writeKey=blog-key")
    page.get_by_role("button", name="Check the installation").click()
    page.get_by_text("Not yet: nothing was sent with this key").wait_for()
    script = """key => fetch("/v1/t", {method: "POST", body: JSON.stringify(
      {writeKey: key, event: "Post Read", userId: "ana"})}).then(answer => answer.status)"""
    assert page.evaluate(script, "blog-key") == 200
    page.get_by_role("button", name="Check the installation").click()
    page.get_by_text("It works: events arrive").wait_for()
    context.close()
