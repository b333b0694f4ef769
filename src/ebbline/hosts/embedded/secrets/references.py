"""References to secrets, followed at the last moment: `env:NAME`, `file:PATH`, `store:NAME`.

A secret is held in memory only, while somebody uses it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from ebbline.connectors import Connector
from ebbline.connectors.registry import is_reference, parts
from ebbline.errors import EbblineError, NotFound, SetupError
from ebbline.hosts.embedded.secrets.limits import SECRET_BYTES_MAX
from ebbline.hosts.embedded.secrets.logs import remember
from ebbline.hosts.embedded.secrets.store import SecretStore, Used

FORMS = "env:NAME, file:PATH or store:NAME"


class Places(msgspec.Struct, frozen=True):
    """Where references lead. A relative file: path starts from the `project` folder; the store
    is in the `data` folder, None where there is none."""

    project: Path = Path()
    data: Path | None = None


HERE = Places()
"""Where no project is known: relative paths start from the working directory."""


class Followed(msgspec.Struct, frozen=True):
    """A destination's settings with the secrets in their places; all texts that have to be
    hidden, older versions included; and the versions of stored secrets among the settings."""

    settings: dict[str, Any]
    secrets: tuple[str, ...]
    used: tuple[Used, ...]


def resolve(reference: str, environ: Mapping[str, str] = os.environ, places: Places = HERE) -> str:
    """The secret that a reference points to; SetupError when there is none."""
    return _Reader(environ, places, ()).follow(reference)


def with_secrets(
    connector: Connector,
    settings: dict[str, Any],
    environ: Mapping[str, str] = os.environ,
    places: Places = HERE,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Settings with the secrets in their places, and the secrets. Raises SetupError."""
    found = follow(connector, settings, environ, places)
    return found.settings, found.secrets


def follow(
    connector: Connector,
    settings: dict[str, Any],
    environ: Mapping[str, str] = os.environ,
    places: Places = HERE,
    avoided: Collection[Used] = (),
) -> Followed:
    """As `with_secrets`, and which stored versions those are. Of a stored secret it is the newest
    version that is not `avoided`; the newest when all of them are. Raises SetupError."""
    for key in connector.secret_keys:
        if not all(is_reference(part) for part in parts(settings.get(key))):
            raise SetupError(f'"{key}" must name a secret ({FORMS}), not hold it.')
    reader = _Reader(environ, places, avoided)
    followed = dict(settings)
    for key in (*connector.secret_keys, *connector.reference_keys):
        if key in followed:
            followed[key] = _through(followed[key], reader.follow)
    remember(reader.hidden)
    return Followed(followed, tuple(reader.hidden), tuple(reader.used))


def references_of(connector: Connector, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The references among a destination's settings, each once."""
    keys = (*connector.secret_keys, *connector.reference_keys)
    return tuple(dict.fromkeys(text for key in keys for text in _inside(settings.get(key))))


class _Reader:
    """Follows references, and keeps what it came by."""

    def __init__(
        self, environ: Mapping[str, str], places: Places, avoided: Collection[Used]
    ) -> None:
        self.hidden: dict[str, None] = {}  # in order, each once
        self.used: dict[Used, None] = {}
        self._environ = environ
        self._places = places
        self._avoided = avoided

    def follow(self, reference: str) -> str:
        """The secret itself."""
        scheme, _, name = reference.partition(":")
        match scheme:
            case "env":
                found = _variable(name, self._environ)
            case "file":
                found = _content(self._places.project / name)
            case _:
                found = self._stored(name)
        self.hidden[found] = None
        return found

    def _stored(self, name: str) -> str:
        if self._places.data is None:
            message = f"There is no data folder here, and so no store for store:{name}."
            raise SetupError(message)
        store = SecretStore(self._places.data, self._environ)
        try:
            newest, used = store.read(name)
        except NotFound as error:
            raise SetupError(str(error)) from error
        chosen = newest, used
        self.hidden[newest] = None
        for version in reversed(store.entries()[name].versions[:-1]):
            try:
                older = store.read(name, version.number)
            except EbblineError:
                continue  # a damaged older version: the newest is there
            self.hidden[older[0]] = None
            if chosen[1] in self._avoided and older[1] not in self._avoided:
                chosen = older
        self.used[chosen[1]] = None
        return chosen[0]


def _through(value: Any, follow_one: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {key: _through(part, follow_one) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_through(part, follow_one) for part in value]
    return follow_one(value) if is_reference(value) else value


def _inside(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list | tuple):
        for part in parts(value):
            yield from _inside(part)
    elif is_reference(value):
        yield value


def _variable(name: str, environ: Mapping[str, str]) -> str:
    found = environ.get(name, "")
    if not found:
        raise SetupError(f"The environment variable {name} is not set.")
    return found


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(SECRET_BYTES_MAX + 1)
        found = content.decode().strip()
    except (OSError, UnicodeDecodeError, ValueError) as error:
        why = "it is no text" if isinstance(error, UnicodeDecodeError) else str(error)
        raise SetupError(f"The secret in {path} cannot be read: {why}.") from error
    if not found:
        raise SetupError(f"The secret file {path} is empty.")
    if len(content) > SECRET_BYTES_MAX:
        message = f"The secret file {path} has more than {SECRET_BYTES_MAX:,} bytes: is it another?"
        raise SetupError(message)
    return found
