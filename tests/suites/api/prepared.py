"""A small data folder with something of everything in it, and the API on it at rest.

People, merges, overrides, a version that was replaced, deliveries with raw bodies, refusals.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

import msgspec

from ebbline.console.api.app import ApiApp
from ebbline.console.api.context import Context
from ebbline.console.commands.init import project_files
from ebbline.hosts.embedded import commands
from ebbline.hosts.embedded.access import ROLES
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.profiles.commands import Override
from ebbline.testing import System

PEOPLE = ("ana", "ben", "cem", "dee", "eva")
AUDIENCE = "pricing_hot"
RATE = 10_000_000  # units a second: tests that do not ask about rates are not held up by them


def page(path):
    return {"type": "page", "properties": {"path": path}}


def write_project(folder: Path) -> Path:
    """The project that `ebbline init shop` makes."""
    for path, data in project_files(Path("shop")).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return folder


async def _live(project: Path, data: Path) -> None:
    async with System(project, folder=data) as system:
        for name in PEOPLE:
            await system.send(
                {"type": "identify", "userId": name, "traits": {"email": f"{name}@example.com"}},
                *[{"userId": name, **page("/pricing")} for _ in range(3)],
            )
        await system.advance("1m")
        await system.send({"type": "identify", "anonymousId": "device-1"})
        await system.send({"type": "identify", "anonymousId": "device-1", "userId": "ana"})
        await system.advance("1s")
        await system.send({"type": "track", "event": "Order Completed", "userId": "ana",
                           "properties": {"revenue": 20, "order_id": "o1"}})  # fmt: skip
        await system.post("/v1/batch", b'{"batch": [{"type": "track"}, 7]}')
        await system.post("/v1/batch", b"not json")
        await system.settle()
        aside = Override(id="override-1", person=("user_id", "ben"), audience=AUDIENCE,
                         inside=False, who="test")  # fmt: skip
        commands.append(system.folder, aside, system.clock)
        await system.advance("10m")
        changed = (project / "ebbline.yml").read_bytes()
        (project / "ebbline.yml").write_bytes(changed + b"\n# changed\n")
        audiences = next((project / "audiences").glob("*.yml"))
        text = audiences.read_text("utf-8")
        audiences.write_text(text.replace(">= 3", ">= 2", 1), "utf-8")
        await system.apply(project)
        await system.settle()


def prepare(folder: Path) -> tuple[Path, Path]:
    """Project and data in a folder; they outlive the system that made them."""
    project, data = write_project(folder / "shop"), folder / "data"
    asyncio.run(_live(project, data))
    return project, data


@contextmanager
def served(project: Path, data: Path, clock=None):
    """The API on a folder, and a key for each role."""
    context = Context(data, clock or SystemClock(), project)
    try:
        yield ApiApp(context), {role: new_key(context, role) for role in ROLES}
    finally:
        context.close()


def new_key(context: Context, role: str = "owner", **options) -> str:
    """A key that is not held up by its rate, unless it is asked for one."""
    options = {"units": RATE} | options
    return context.access.make(role, role, context.clock.now_ms(), "test", **options).text


class Reply:
    """What an application answered, read to its end."""

    def __init__(self, start, body: bytes):
        self.status_code = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}
        self.content = body

    @property
    def text(self) -> str:
        return self.content.decode()


async def ask(app, method: str, target: str, body: bytes = b"", headers=None) -> Reply:
    """One request to an ASGI application, without a socket."""
    path, _, query = target.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1",
        "method": method, "path": unquote(path), "raw_path": path.encode(), "root_path": "",
        "query_string": quote(query, safe="%&=+:,;@/?").encode(), "scheme": "http",
        "server": ("api", 80), "client": ("test", 1),
        "headers": [(n.encode(), v.encode()) for n, v in (headers or {}).items()],
    }  # fmt: skip
    coming, sent = [{"type": "http.request", "body": body, "more_body": False}], []

    async def receive():
        return coming.pop() if coming else await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    return Reply(sent[0], b"".join(each.get("body", b"") for each in sent[1:]))


class Asking:
    """Asks an application with a key; each answer is a reply."""

    def __init__(self, app, key: str):
        self.app, self.key = app, key

    def __call__(self, path, body=None, *, method=None, key=None, headers=None, code=200):
        method = method or ("GET" if body is None else "POST")
        said = {"authorization": f"Bearer {key or self.key}"}
        if body is not None:
            said["content-type"] = "application/json"
        content = b"" if body is None else msgspec.json.encode(body)
        response = asyncio.run(ask(self.app, method, path, content, said | (headers or {})))
        assert response.status_code == code, (response.status_code, response.text)
        return response

    def data(self, path, body=None, **options):
        """The answer's JSON."""
        return msgspec.json.decode(self(path, body, **options).content)
