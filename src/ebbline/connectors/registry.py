"""The connectors by the `type` a project file names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from ebbline.connectors.braze import BRAZE
from ebbline.connectors.connector import Connector, Problem
from ebbline.connectors.webhook import WEBHOOK
from ebbline.errors import SetupError

CONNECTORS = {connector.type: connector for connector in (BRAZE, WEBHOOK)}

REFERENCES = ("env:", "file:")
"""How a setting points to a secret instead of holding it."""

# Put in a secret's place where settings are checked without it; long enough for every check.
_STAND_IN = "whsec_" + "A" * 32


def connector_of(kind: str) -> Connector:
    """The connector of a type; SetupError when there is none (`check` says so nicely)."""
    if kind not in CONNECTORS:
        raise SetupError(_unknown(kind))
    return CONNECTORS[kind]


def check(kind: str, settings: dict[str, Any], fields: Iterable[str] = ()) -> tuple[Problem, ...]:
    """What is wrong with a destination's settings as written (secrets being references), and
    with the names of the fields it is to receive."""
    if kind not in CONNECTORS:
        return (Problem("type", _unknown(kind)),)
    connector = CONNECTORS[kind]
    named = tuple(
        Problem(f"sync.{field}", wrong)
        for field in fields
        if (wrong := connector.field_problem(field))
    )
    return _settings_problems(connector, settings) + named


def _settings_problems(connector: Connector, settings: dict[str, Any]) -> tuple[Problem, ...]:
    literal = tuple(
        Problem(key, f'"{key}" must name a secret (env:NAME or file:PATH), not hold it.')
        for key in connector.secret_keys
        if not all(is_reference(part) for part in parts(settings.get(key)))
    )
    if literal:
        return literal
    found = connector.read_settings(stood_in(connector, settings))
    return found if isinstance(found, tuple) else ()


def stood_in(connector: Connector, settings: dict[str, Any]) -> dict[str, Any]:
    """Settings with a stand-in for every secret: for reading the rest of them."""
    found = dict(settings)
    for key in (*connector.secret_keys, *connector.reference_keys):
        if key in found:
            found[key] = replace(found[key])
    return found


def is_reference(value: Any) -> bool:
    """Whether a setting's value points to a secret."""
    return isinstance(value, str) and value.startswith(REFERENCES)


def parts(value: Any) -> list[Any]:
    """The single values of a setting that may be one value, a list or a mapping."""
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list | tuple):
        return list(value)
    return [] if value is None else [value]


def replace(value: Any) -> Any:
    """A setting with something in the place of each reference."""
    if isinstance(value, dict):
        return {key: replace(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [replace(part) for part in value]
    return _STAND_IN if is_reference(value) else value


def _unknown(kind: str) -> str:
    close = difflib.get_close_matches(kind, CONNECTORS, 1)
    hint = f'; did you mean "{close[0]}"?' if close else f"; there are {', '.join(CONNECTORS)}."
    return f'There is no destination type "{kind}"{hint}'
