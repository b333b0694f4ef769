"""What browsers fetch: the settings document, the library's files, the snippet and its check."""

from __future__ import annotations

import gzip
import html
import json
import re

import pytest

from ebbline.hosts.embedded.collect.browser import site_from
from ebbline.hosts.embedded.collect.library import Library
from ebbline.hosts.embedded.collect.snippet import loader, page

EVENT = {"event": "X", "userId": "ana"}


@pytest.fixture
def package(tmp_path):
    files = tmp_path / "package" / "dist" / "umd"
    files.mkdir(parents=True)
    (files / "standalone.js").write_text("key='__WRITE_KEY__'")
    (files / "407.bundle.61ef.js").write_text("part")
    (tmp_path / "package" / "secret.js").write_text("no")
    return tmp_path / "package"


@pytest.fixture
def served(make, package):
    return make(site=site_from({"EBBLINE_BROWSER_LIBRARY": str(package)}))


async def get(collector, path, method="GET", **headers):
    return await collector.client.send(method, path, headers={"host": "e.example"} | headers)


@pytest.mark.parametrize("path", ["/v1/projects/web-key/settings", "/projects/web-key/settings"])
async def test_the_settings_document_points_back_at_this_host(served, path):
    answer = await get(served, path, origin="https://shop.example")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    told = json.loads(answer.body)
    assert list(told["integrations"]) == ["Segment.io"]
    segment = told["integrations"]["Segment.io"]
    assert (segment["apiHost"], segment["protocol"]) == ("e.example/v1", "https")
    assert segment["apiKey"] == "web-key"
    assert told["metrics"] == {"sampleRate": 0}


async def test_a_set_address_is_told_whatever_the_request_says(make):
    collector = make(site=site_from({"EBBLINE_PUBLIC_URL": "https://events.example/"}))
    told = json.loads((await get(collector, "/v1/projects/web-key/settings")).body)
    assert told["integrations"]["Segment.io"]["apiHost"] == "events.example/v1"


async def test_an_unknown_key_has_no_settings_and_no_library(served):
    answer = await get(served, "/v1/projects/other/settings")
    assert (answer.status, json.loads(answer.body)["code"]) == (404, "unknown_write_key")
    answer = await get(served, "/analytics.js/v1/other/analytics.min.js")
    assert (answer.status, answer.body[:2]) == (404, b"/*")


@pytest.mark.parametrize("host", ['a"b', "", "a/b", "a b", "a:b", "x" * 20 + "\n"])
async def test_an_odd_host_header_is_refused(served, host):
    for path in ("/v1/projects/web-key/settings", "/snippet?writeKey=web-key"):
        assert (await get(served, path, host=host)).status == 400


async def test_the_library_is_served_with_its_key(served):
    path = "/analytics.js/v1/web-key/analytics.min.js"
    answer = await get(served, path)
    assert (answer.status, answer.body) == (200, b"key='web-key'")
    assert answer.headers["content-type"].startswith("application/javascript")
    answer = await get(served, path, accept_encoding="gzip, br")
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == b"key='web-key'"
    label = {"endpoint": "/analytics.js", "status": "200"}
    assert served.metric("ebbline_collect_requests_total", **label) == 2


async def test_its_parts_are_kept_for_long_and_nothing_else_is_served(served):
    answer = await get(served, "/analytics-next/bundles/407.bundle.61ef.js")
    assert (answer.status, answer.body) == (200, b"part")
    assert answer.headers["cache-control"] == "private, max-age=31536000"
    for name in ("..%2f..%2fsecret.js", "../../secret.js", "%2e%2e/secret.js", "none.js", "x.txt",
                 ".js", "standalone.js/.."):  # fmt: skip
        assert (await get(served, f"/analytics-next/bundles/{name}")).status == 404


async def test_a_library_that_is_exchanged_is_served_anew(served, package):
    path = "/analytics.js/v1/web-key/analytics.min.js"
    await get(served, path)
    (package / "dist" / "umd" / "standalone.js").write_text("newer __WRITE_KEY__")
    assert (await get(served, path)).body == b"newer web-key"


async def test_without_the_library_the_answer_says_how_to_get_it(make):
    collector = make(site=site_from({}))
    for path in ("/analytics.js/v1/web-key/analytics.min.js", "/analytics-next/bundles/a.js"):
        answer = await get(collector, path)
        assert answer.status == 404
        assert b"npm install @segment/analytics-next" in answer.body
        assert b"EBBLINE_BROWSER_LIBRARY" in answer.body


def test_an_odd_key_is_never_written_into_the_script(package):
    library = Library(package)
    assert library.entry("a'+alert(1)+'").plain == b"key='__WRITE_KEY__'"
    assert library.entry("web-key").plain == b"key='web-key'"


async def test_the_snippet_page_shows_the_loader(served):
    answer = await get(served, "/snippet?writeKey=web-key")
    assert answer.status == 200
    shown = re.search(r'<pre id="snippet"[^>]*>(.*?)</pre>', answer.body.decode(), re.DOTALL)
    assert html.unescape(shown[1]) == loader("web-key", "https://e.example")
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_the_snippet_page_asks_for_a_key_and_repeats_no_unknown_one(served):
    for query in ("", "?writeKey=", "?writeKey=%3Cscript%3Ealert(1)%3C/script%3E"):
        answer = await get(served, f"/snippet{query}")
        assert answer.status == 404
        assert b"alert" not in answer.body
        assert b'name="writeKey"' in answer.body


def test_nothing_in_a_key_ends_the_script():
    text = page("</script><script>alert(1)//", "https://e.example", library=True)
    assert "<script>alert" not in text
    assert text.count("<script>") == text.count("</script>") == 1


async def check(collector, query="?writeKey=web-key"):
    return json.loads((await get(collector, f"/snippet/check{query}")).body)


async def test_the_check_says_that_nothing_came(served):
    told = await check(served)
    assert (told["arrived"], told["seconds_ago"], told["reasons"]) == (False, None, [])
    assert "nothing was sent" in told["message"]


async def test_the_check_says_that_events_arrive(served):
    await served.client.post("/v1/track", EVENT)
    told = await check(served)
    assert (told["arrived"], told["seconds_ago"]) == (True, 0)
    assert (await check(served, "?writeKey=server-key"))["arrived"] is False


async def test_the_check_says_why_events_are_refused_and_nothing_of_them(served):
    await served.client.post("/v1/track", {"event": "Secret", "properties": {"a": "secret"}})
    told = await check(served)
    assert told["arrived"] is False
    assert [(one["code"], one["seconds_ago"]) for one in told["reasons"]] == [
        ("no_user_anon_id", 0)
    ]
    assert "ecret" not in json.dumps(told)


async def test_what_arrived_long_ago_is_no_arrival(served, monkeypatch):
    await served.client.post("/v1/track", EVENT)
    await served.client.post("/v1/track", {})
    intake = served.app._intake
    later_ms = intake.now_ms() + 301_000
    monkeypatch.setattr(intake, "now_ms", lambda: later_ms)
    told = await check(served)
    assert (told["arrived"], told["seconds_ago"], told["reasons"]) == (False, 301, [])


@pytest.mark.parametrize(
    ("query", "code"), [("", "no_write_key"), ("?writeKey=no", "unknown_write_key")]
)
async def test_the_check_knows_only_known_keys(served, query, code):
    told = await check(served, query)
    assert [one["code"] for one in told["reasons"]] == [code]


async def test_the_check_says_when_there_is_no_library_to_load(make):
    told = await check(make(site=site_from({})))
    assert [one["code"] for one in told["reasons"]] == ["no_library"]
