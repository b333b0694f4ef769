"""What browsers fetch: the library, its settings document, the snippet page and its check.

Paths are those that Segment's library asks of its CDN, so that it works unmodified with this
host as its CDN. Events themselves come in by the other doors.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import msgspec

from ebbline.hosts.embedded.collect import answers
from ebbline.hosts.embedded.collect.installation import check
from ebbline.hosts.embedded.collect.library import HOW, LIBRARY_VARIABLE, File, Library
from ebbline.hosts.embedded.collect.limits import BUNDLE_SECONDS, SETTINGS_SECONDS
from ebbline.hosts.embedded.collect.snippet import HEADERS, page

if TYPE_CHECKING:
    from ebbline.hosts.embedded.collect.answers import Answer
    from ebbline.hosts.embedded.collect.intake import Intake
    from ebbline.hosts.embedded.collect.request import Request

ADDRESS_VARIABLE: Final = "EBBLINE_PUBLIC_URL"
SNIPPET: Final = "/snippet"
CHECK: Final = "/snippet/check"

_SETTINGS: Final = re.compile(r"(?:/v1)?/projects/([^/]+)/settings")
_ENTRY: Final = re.compile(r"/analytics\.js/v1/([^/]+)/analytics(?:\.min)?\.js")
_PART: Final = re.compile(r"/analytics-next/bundles/([^/]+)")
_HOST: Final = re.compile(rb"[A-Za-z0-9._-]+(:[0-9]+)?|\[[0-9A-Fa-f:.]+\](:[0-9]+)?")
_SCRIPT: Final = b"application/javascript; charset=utf-8"
_JSON: Final = b"application/json"
_UNKNOWN_KEY: Final = (
    "the write key belongs to no source of this project; see `sources` in the project"
)
_PLAN: Final = {"enabled": True, "integrations": {}}


class Site:
    """This host as pages see it: its files, and the address it is reached at (None: as each
    request says)."""

    def __init__(self, library: Library, address: str | None = None) -> None:
        self._library = library
        self._address = None if address is None else address.rstrip("/")

    async def answer(self, intake: Intake, request: Request) -> Answer | None:
        """The answer to a GET or HEAD; None when nothing of this is at the path."""
        path = request.path
        if found := _SETTINGS.fullmatch(path):
            return self._settings(intake, request, unquote(found[1]))
        if found := _ENTRY.fullmatch(path):
            return await self._entry(intake, request, unquote(found[1]))
        if found := _PART.fullmatch(path):
            file = await asyncio.to_thread(self._library.part, found[1])
            return _script(request, file, BUNDLE_SECONDS)
        if path == SNIPPET:
            return await self._snippet(intake, request)
        if path == CHECK:
            key = request.parameters().get("writeKey")
            told = check(intake, key, library=await self._installed())
            return answers.json_answer(200, msgspec.json.encode(told))
        return None

    def _settings(self, intake: Intake, request: Request, key: str) -> Answer:
        if intake.keys.source(key) is None:
            intake.keys.alarm(key, intake.now_ms())
            return answers.refusal("unknown_write_key", _UNKNOWN_KEY, status=404)
        address = self.address(request)
        if address is None:
            return answers.refusal("bad_host", "the Host header names no host", status=400)
        body = msgspec.json.encode(settings_document(key, address))
        return answers.cached(body, _JSON, SETTINGS_SECONDS)

    async def _entry(self, intake: Intake, request: Request, key: str) -> Answer:
        if intake.keys.source(key) is None:
            intake.keys.alarm(key, intake.now_ms())
            return _no_script(_UNKNOWN_KEY)
        file = await asyncio.to_thread(self._library.entry, key)
        return _script(request, file, SETTINGS_SECONDS)

    async def _snippet(self, intake: Intake, request: Request) -> Answer:
        address = self.address(request)
        if address is None:
            return answers.refusal("bad_host", "the Host header names no host", status=400)
        key = request.parameters().get("writeKey", "")
        known = intake.keys.source(key) is not None
        text = page(key if known else None, address, library=await self._installed())
        return answers.Answer(200 if known else 404, text.encode(), HEADERS)

    async def _installed(self) -> bool:
        return await asyncio.to_thread(self._library.present)

    def address(self, request: Request) -> str | None:
        """Where this host is, without a slash at the end; None when a request does not say."""
        if self._address is not None:
            return self._address
        host = request.headers.get(b"host", b"")
        if not _HOST.fullmatch(host):
            return None
        # What a proxy says is believed: it only tells the asker where to send its own events.
        told = request.headers.get(b"x-forwarded-proto", b"")
        scheme = told.decode("ascii") if told in (b"http", b"https") else request.scheme
        return f"{scheme}://{host.decode('ascii')}"


def site_from(environ: Mapping[str, str]) -> Site:
    """As the environment says."""
    folder = environ.get(LIBRARY_VARIABLE)
    library = Library(Path(folder) if folder else None)
    return Site(library, environ.get(ADDRESS_VARIABLE) or None)


def settings_document(key: str, address: str) -> dict[str, Any]:
    """What the library asks for first: where to send, and nothing else to load. `address` is a
    scheme and a host."""
    scheme, _, host = address.partition("://")
    segment = {
        "apiKey": key, "apiHost": f"{host}/v1", "protocol": scheme, "unbundledIntegrations": [],
        "addBundledMetadata": True, "retryQueue": True,
        "versionSettings": {"version": "4.4.7", "componentTypes": ["browser"]},
    }  # fmt: skip
    every = {"__default": _PLAN}
    return {
        "integrations": {"Segment.io": segment},
        "plan": {"track": every, "identify": every, "group": every},
        "edgeFunction": {}, "analyticsNextEnabled": True, "middlewareSettings": {},
        "enabledMiddleware": {}, "metrics": {"sampleRate": 0}, "legacyVideoPluginsEnabled": False,
        "remotePlugins": [],
    }  # fmt: skip


def label(path: str) -> str:
    """A metric label out of a fixed set for any path of this site; "" for others."""
    if _SETTINGS.fullmatch(path):
        return "/v1/projects"
    if _ENTRY.fullmatch(path):
        return "/analytics.js"
    if _PART.fullmatch(path):
        return "/analytics-next"
    return path if path in (SNIPPET, CHECK) else ""


def _script(request: Request, file: File | None, seconds: int) -> Answer:
    if file is None:
        return _no_script(HOW)
    vary = (b"vary", b"Accept-Encoding")
    if b"gzip" in request.headers.get(b"accept-encoding", b""):
        zipped = (b"content-encoding", b"gzip")
        return answers.cached(file.gzipped, _SCRIPT, seconds, vary, zipped)
    return answers.cached(file.plain, _SCRIPT, seconds, vary)


def _no_script(why: str) -> Answer:
    """A refusal where a script was asked for: browsers hide any other type from the page's owner,
    for whom this is."""
    return answers.Answer(404, f"/* {why} */\n".encode(), ((b"content-type", _SCRIPT),))
