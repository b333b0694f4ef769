"""References to secrets, followed at the last moment; and hiding secrets in what is kept.

A secret is held in memory only, while deliver runs.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ebbline.connectors import Connector
from ebbline.connectors.registry import is_reference, parts
from ebbline.errors import SetupError
from ebbline.hosts.embedded.deliver.limits import SECRET_BYTES_MAX

_HIDDEN = "***"
_SHORTEST = 4  # what is shorter would hide half of every text


def resolve(reference: str, environ: Mapping[str, str] = os.environ) -> str:
    """The secret that `env:NAME` or `file:PATH` points to; SetupError when there is none."""
    scheme, _, name = reference.partition(":")
    if scheme == "env":
        found = environ.get(name, "")
        if not found:
            raise SetupError(f"The environment variable {name} is not set.")
        return found
    try:
        with Path(name).open("rb") as file:
            found = file.read(SECRET_BYTES_MAX).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"The secret in {name} cannot be read: {error}.") from error
    if not found:
        raise SetupError(f"The secret file {name} is empty.")
    return found


def with_secrets(
    connector: Connector, settings: dict[str, Any], environ: Mapping[str, str] = os.environ
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Settings with the secrets in their places, and the secrets. Raises SetupError."""
    secrets: list[str] = []

    def follow(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: follow(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [follow(part) for part in value]
        if not is_reference(value):
            return value
        secrets.append(resolve(value, environ))
        return secrets[-1]

    for key in connector.secret_keys:
        if not all(is_reference(part) for part in parts(settings.get(key))):
            raise SetupError(f'"{key}" must name a secret (env:NAME or file:PATH), not hold it.')
    followed = dict(settings)
    for key in (*connector.secret_keys, *connector.reference_keys):
        if key in followed:
            followed[key] = follow(followed[key])
    return followed, tuple(secrets)


def mask(text: str, secrets: tuple[str, ...]) -> str:
    """The text with every secret hidden.

    >>> mask("Bearer abcdef", ("abcdef",))
    'Bearer ***'
    """
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, _HIDDEN)
    return text
