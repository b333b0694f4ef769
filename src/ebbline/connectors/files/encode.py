"""Changes as one file to write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from ebbline.connectors.connector import Setup
from ebbline.connectors.files.rows import content_of, name_of
from ebbline.connectors.files.settings import FilesSettings
from ebbline.connectors.request import Request
from ebbline.delivery import Address, Send
from ebbline.profiles.graph import Identifier

METHOD = "WRITE"


def address(identifiers: Sequence[Identifier], settings: Any) -> Address | None:
    """The person's identifier of the highest priority, by its own type."""
    del settings
    return Address(identifiers[0].type, identifiers[0].value) if identifiers else None


def encode(send: Send, setup: Setup) -> Request:
    """The file as a request: `root` is the folder it must not leave."""
    settings: FilesSettings = setup.settings
    root = settings.path.rstrip("/")
    url = "file://" + quote(f"{root}/{name_of(send, settings.form)}")
    return Request(METHOD, url, (("root", root),), content_of(send, settings.form))
