"""A client that nobody here wrote: Segment's own Python library against a real server."""

from __future__ import annotations

import asyncio
import threading
import urllib.error
import urllib.request

import pytest
import uvicorn
from segment.analytics.client import Client
from segment.analytics.request import APIError, post

from ebbline.hosts.embedded.collect import Limits


@pytest.fixture
def serve():
    """Runs a collector's app on a free port; the address of the server."""
    running = []

    def start(collector):
        config = uvicorn.Config(collector.app, port=0, log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        ready = threading.Event()
        startup = server.startup

        async def announce(sockets=None):
            await startup(sockets)
            ready.set()

        server.startup = announce
        thread = threading.Thread(target=server.run)
        thread.start()
        running.append((server, thread, collector))
        assert ready.wait(10)
        port = server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    yield start
    for server, thread, collector in running:
        server.should_exit = True
        thread.join(10)
        asyncio.run(collector.commit.close())


@pytest.mark.parametrize("zipped", [False, True])
def test_the_whole_life_of_a_person(make, serve, zipped):
    collector = make(inline=False)
    errors = []
    client = Client(
        "server-key",
        host=serve(collector),
        gzip=zipped,
        on_error=lambda error, _items: errors.append(error),
        upload_interval=0.05,
    )
    client.track(anonymous_id="a1", event="view_item", properties={"item_id": "S1"})
    client.page(anonymous_id="a1", name="Pricing", properties={"path": "/pricing"})
    client.identify(user_id=7, anonymous_id="a1", traits={"email": "ana@example.com"})
    client.alias(previous_id="a1", user_id="7")
    client.group(user_id="7", group_id="acme", traits={"plan": "pro"})
    client.screen(user_id="7", name="Home")
    client.flush()
    client.join()
    assert errors == []
    assert collector.log.rejections == []
    assert [event.name for event in collector.log.events] == [
        "Product Viewed",
        "Page Viewed",
        "$identify",
        "$alias",
        "$group",
        "Screen Viewed",
    ]
    first = collector.log.events[0]
    assert (first.properties["product_id"], first.source) == ("S1", "server")
    assert first.context["library"]["name"] == "analytics-python"
    assert {event.user_id for event in collector.log.events[2:]} == {"7"}


def test_refusals_as_the_library_reads_them(make, serve):
    collector = make(inline=False)
    host = serve(collector)
    with pytest.raises(APIError) as refused:
        post("wrong", host=host, batch=[])
    assert (refused.value.status, refused.value.code) == (401, "unknown_write_key")
    collector.log.fill_disk()
    with pytest.raises(APIError) as refused:
        post("web-key", host=host, batch=[{"type": "track", "userId": "u", "event": "E"}])
    assert (refused.value.status, refused.value.code) == (503, "disk_full")
    assert refused.value.response.headers["Retry-After"] == "30"


def test_a_server_survives_what_is_too_large(make, serve):
    collector = make(inline=False, limits=Limits(body_bytes_max=1_000))
    host = serve(collector)
    for _ in range(3):
        with pytest.raises((urllib.error.URLError, ConnectionError)):
            urllib.request.urlopen(f"{host}/v1/batch", data=bytes(300_000), timeout=5)
    with urllib.request.urlopen(f"{host}/livez", timeout=5) as answer:
        assert answer.status == 200
