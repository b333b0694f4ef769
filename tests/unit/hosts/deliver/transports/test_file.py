"""Files appear as a whole, below their folder, or not at all."""

from __future__ import annotations

import asyncio
import os
from urllib.parse import quote

import pytest

from ebbline.connectors import Failure, Request, Response, Setup, connector_of
from ebbline.delivery import Address, Item, Send, Value
from ebbline.hosts.embedded.deliver.transports import FileTransport, Router
from ebbline.hosts.embedded.deliver.transports import file as file_module

FILES = connector_of("files")


def limits_of():
    return FILES.limits(FILES.read_settings({"path": "/srv"}))


async def write(root, name, content=b"x", transport=None):
    request = Request("WRITE", "file://" + quote(f"{root}/{name}"), (("root", str(root)),), content)
    return await (transport or FileTransport()).send(request, limits_of())


async def test_a_file_is_written_and_written_anew(tmp_path):
    first = await write(tmp_path, "date=2026-01-01/a b.ndjson", b"1\n")
    again = await write(tmp_path, "date=2026-01-01/a b.ndjson", b"2\n")
    assert [first.status, again.status] == [201, 200]
    folder = tmp_path / "date=2026-01-01"
    assert [path.name for path in folder.iterdir()] == ["a b.ndjson"]
    assert (folder / "a b.ndjson").read_bytes() == b"2\n"
    assert (folder / "a b.ndjson").stat().st_mode & 0o007 == 0


@pytest.mark.parametrize("name", ["../x", "a/../../x", "a//x", "./x", "", "a/.", "%2e%2e/x\0"])
async def test_nothing_leads_out_of_the_folder(tmp_path, name):
    root = tmp_path / "root"
    root.mkdir()
    assert (await write(root, name)).status == 403
    assert [path.name for path in tmp_path.rglob("*")] == ["root"]


async def test_links_are_not_followed(tmp_path):
    root, other = tmp_path / "root", tmp_path / "other"
    root.mkdir()
    other.mkdir()
    (root / "out").symlink_to(other)
    assert (await write(root, "out/x")).status == 403
    (other / "kept").write_text("kept")
    (root / "name").symlink_to(other / "kept")
    assert (await write(root, "name", b"new")).status == 200
    assert (other / "kept").read_text() == "kept"
    (root / ".aside.part").symlink_to(other / "kept")
    assert (await write(root, "aside", b"new")).status == 201
    assert (other / "kept").read_text() == "kept"


async def test_the_folder_itself_has_to_be_there(tmp_path):
    missing = await write(tmp_path / "missing", "x")
    assert missing.status == 403
    assert b"No such file" in missing.body
    (tmp_path / "file").write_text("")
    assert (await write(tmp_path / "file", "x")).status == 403


@pytest.mark.parametrize("name", [".", "below", "below/deeper"])
async def test_the_systems_own_folder_is_no_place_for_exports(tmp_path, name):
    transport = FileTransport([tmp_path / "below"])
    (tmp_path / "below" / "deeper").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "below")
    for root in ((tmp_path / name).resolve(), tmp_path / "link"):
        assert (await write(root, "x", transport=transport)).status == 403


@pytest.mark.parametrize(
    ("number", "status"), [(28, 507), (122, 507), (30, 403), (13, 403), (36, 400)]
)
async def test_what_the_disk_says_becomes_a_status(tmp_path, monkeypatch, number, status):
    def fails(*_arguments, **_named):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(file_module.os, "rename", fails)
    answer = await write(tmp_path, "x")
    assert isinstance(answer, Response)
    assert answer.status == status
    assert list(tmp_path.iterdir()) == []


async def test_a_disk_that_breaks_leaves_it_open(tmp_path, monkeypatch):
    def fails(*_arguments, **_named):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(file_module.os, "fsync", fails)
    answer = await write(tmp_path, "x")
    assert isinstance(answer, Failure)
    assert answer.kind == "broken"
    assert list(tmp_path.iterdir()) == []


async def test_files_of_several_at_once(tmp_path):
    answers = await asyncio.gather(*(write(tmp_path, f"a/b/{n}") for n in range(20)))
    assert {answer.status for answer in answers} == {201}
    assert len(list((tmp_path / "a" / "b").iterdir())) == 20


async def test_a_connectors_own_request_arrives(tmp_path):
    settings = FILES.read_settings({"path": str(tmp_path), "gzip": True})
    value = Value("vip", "audience", True, 1, 0, 0)
    send = Send(1, "shop", (Item(Address("user_id", "ana"), (value,)),), 0)
    answer = await FileTransport().send(FILES.encode(send, Setup(settings)), limits_of())
    assert answer.status == 201
    (path,) = tmp_path.rglob("*.ndjson.gz")
    assert path.parent == tmp_path / "date=1970-01-01" / "hour=00"


class Noted:
    """A transport that notes what it is asked."""

    def __init__(self):
        self.urls = []
        self.closed = False

    async def send(self, request, limits):
        self.urls.append(request.url)
        return Response(200, {}, b"")

    async def close(self):
        self.closed = True


async def test_the_router_looks_at_the_scheme():
    http, sql = Noted(), Noted()
    router = Router(http, {"postgresql": sql})
    for url in ("https://example.org", "postgresql:public", "HTTP://x", "POSTGRESQL:x", "what:"):
        await router.send(Request("X", url, (), b""), limits_of())
    assert http.urls == ["https://example.org", "HTTP://x", "what:"]
    assert sql.urls == ["postgresql:public", "POSTGRESQL:x"]
    await router.close()
    assert http.closed
    assert sql.closed


async def test_what_could_not_be_made_is_answered_without_leaving():
    http = Noted()
    router = Router(http, {})
    wrong = await router.send(Request("NONE", "none:", (), b"the body is not JSON"), limits_of())
    nothing = await router.send(Request("NONE", "none:", (), b""), limits_of())
    assert (wrong.status, wrong.body, nothing.status) == (422, b"the body is not JSON", 204)
    assert http.urls == []
