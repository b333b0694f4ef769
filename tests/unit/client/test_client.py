"""The client beside the OpenAPI document, and over real sockets."""

from __future__ import annotations

import inspect
import re
import socket
import threading
import types
import typing

import msgspec
import pytest
import uvicorn

import ebbline
from ebbline.client import shapes, wire
from ebbline.client.shapes import access, definitions, deliveries, people, system
from tests.suites.api.prepared import AUDIENCE, prepare, served
from tools import client as writing

REF = "#/components/schemas/"
MODULES = (access, definitions, deliveries, people, system)


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """An API on a port of this machine; its address, keys and document."""
    with served(*prepare(tmp_path_factory.mktemp("api"))) as (app, keys):
        door = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
        thread.start()
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
        yield types.SimpleNamespace(url=url, keys=keys, app=app)
        server.should_exit = True
        thread.join()
        door.close()


@pytest.fixture
def client(api):
    with ebbline.Client(api.url, api.keys["owner"]) as client:
        yield client


@pytest.fixture(scope="module")
def document():
    return writing.framework().state.document


def operations(document):
    for path, verbs in document["paths"].items():
        for operation in verbs.values():
            yield path, operation


def methods(kind):
    return {
        name: each for name, each in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_") and name != "close"
    }  # fmt: skip


def test_the_written_methods_are_those_of_the_document():
    for path, text in writing.written().items():
        assert path.read_text("utf-8") == text, f"run `python tools/client.py` for {path.name}"


@pytest.mark.parametrize("kind", [ebbline.Client, ebbline.AsyncClient])
def test_every_operation_has_a_method_with_its_parameters_and_fields(kind, document):
    known = methods(kind)
    assert set(known) == {operation["operationId"] for _, operation in operations(document)}
    for path, operation in operations(document):
        wanted = {each["name"].replace("-", "_") for each in operation.get("parameters", [])}
        assert set(re.findall(r"\{(\w+)\}", path)) <= wanted
        needed = {each["name"] for each in operation.get("parameters", []) if each["required"]}
        body = operation.get("requestBody")
        if body:
            ref = body["content"]["application/json"]["schema"]["$ref"]
            shape = document["components"]["schemas"][ref.removeprefix(REF)]
            wanted |= set(shape["properties"])
            needed |= set(shape.get("required", ()))
        found = dict(inspect.signature(known[operation["operationId"]]).parameters)
        found.pop("self")
        assert set(found) == wanted, operation["operationId"]
        bare = {name for name, each in found.items() if each.default is each.empty}
        assert bare == needed, operation["operationId"]


def test_every_shape_of_the_document_is_a_record_with_the_same_fields(document):
    for name, schema in document["components"]["schemas"].items():
        kind = next(getattr(each, name) for each in MODULES if hasattr(each, name))
        fields = {each.encode_name for each in msgspec.structs.fields(kind)}
        assert fields == set(schema["properties"]), name
    assert shapes.__doc__


def test_every_example_of_the_document_is_what_its_shape_takes(document):
    for _, operation in operations(document):
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for part in (*bodies, *operation["responses"].values()):
            for content in part["content"].values():
                if "example" in content:
                    name = content["schema"]["$ref"].removeprefix(REF)
                    kind = next(getattr(each, name) for each in MODULES if hasattr(each, name))
                    msgspec.convert(content["example"], kind)


def test_what_methods_give_is_what_the_document_says(document):
    named = {"access": access, "definitions": definitions, "deliveries": deliveries,
             "people": people, "system": system, "Any": typing.Any}  # fmt: skip
    for _, operation in operations(document):
        method = getattr(ebbline.Client, operation["operationId"])
        given = inspect.get_annotations(method)["return"]
        reply = next(r for code, r in operation["responses"].items() if code[0] == "2")
        ref = next(iter(reply["content"].values()))["schema"].get("$ref")
        if ref:
            assert eval(given, named).__name__ == ref.removeprefix(REF)


def test_a_person_is_asked_for_over_a_socket(client):
    found = client.show_profile("email:ana@example.com")
    assert ("user_id", "ana") in [(each.type, each.value) for each in found.identifiers]
    quick = client.memberships("ana")
    assert [each.audience for each in quick.audiences] == [
        each.audience for each in found.audiences
    ]
    assert client.explain("cem", AUDIENCE).member is True


def test_members_come_by_pages_lines_and_chunks(client):
    page = client.list_members(AUDIENCE, limit=3)
    rest = client.list_members(AUDIENCE, limit=3, cursor=page.next)
    everybody = list(client.stream_members(AUDIENCE))
    assert [*page.members, *rest.members] == everybody
    text = b"".join(client.export_members(AUDIENCE)).decode()
    assert [line.split(",")[2] for line in text.splitlines()[1:]] == [
        each.identifier for each in everybody
    ]


def test_live_events_come_as_records(client):
    found = list(client.live_events(seconds=0, after=0))
    assert found == client.latest_events(limit=1_000).events
    assert len(found) > 20


def test_a_body_is_sent_as_keywords(client):
    calls = [{"type": "page", "properties": {"path": "/pricing"}}] * 3
    assert client.evaluate(audience=AUDIENCE, calls=calls).member is True
    made = client.create_key("from the client", "viewer")
    assert made.key.role == "viewer"
    assert client.revoke_key(made.key.id).revoked is not None


def test_what_is_refused_is_an_error_with_the_code_of_the_problem(api, client):
    with pytest.raises(ebbline.ApiError, match="Nobody is known") as caught:
        client.show_profile("nobody")
    assert (caught.value.code, caught.value.status) == ("not_found", 404)
    with pytest.raises(ebbline.ApiError) as caught, ebbline.Client(api.url, "ebk_x") as stranger:
        stranger.me()
    assert caught.value.code == "unauthenticated"


def test_connections_are_kept_and_survive_the_servers_closing(client):
    client.me()
    (kept,) = client._idle
    client.me()
    assert client._idle == [kept]
    kept.sock.shutdown(socket.SHUT_RDWR)  # as a server that closes what rests too long
    assert client.me().role == "owner"
    assert client._idle != [kept]


async def test_the_other_client_waits_and_gives_the_same(api, client):
    async with ebbline.AsyncClient(api.url, api.keys["owner"]) as other:
        assert await other.show_profile("ana") is not None
        assert await other.memberships("ana") == client.memberships("ana")
        assert [each async for each in other.stream_members(AUDIENCE)] == list(
            client.stream_members(AUDIENCE)
        )
        assert [each async for each in other.live_events(seconds=0, after=0)] == list(
            client.live_events(seconds=0, after=0)
        )
        chunks = [each async for each in other.export_members(AUDIENCE)]
        assert b"".join(chunks) == b"".join(client.export_members(AUDIENCE))
        with pytest.raises(ebbline.ApiError, match="not_found"):
            await other.show_audience("none/such?")


@pytest.mark.parametrize("url", ["", "localhost:8081", "ftp://x", "http://"])
def test_what_is_no_address_is_refused_at_once(url):
    with pytest.raises(ValueError, match="no http"):
        ebbline.Client(url, "ebk_x")
    assert wire.address("http://h:1/v1").prefix == ""
