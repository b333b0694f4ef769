"""The connectors by the `type` a project file names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from ebbline.connectors.braze import BRAZE
from ebbline.connectors.connector import Connector, Problem
from ebbline.connectors.files import FILES
from ebbline.connectors.hubspot import HUBSPOT
from ebbline.connectors.mailchimp import MAILCHIMP
from ebbline.connectors.marketo import MARKETO
from ebbline.connectors.postgres import POSTGRES
from ebbline.connectors.s3 import S3
from ebbline.connectors.sfmc import SFMC
from ebbline.connectors.webhook import WEBHOOK
from ebbline.definitions.plan import SyncDef
from ebbline.delivery.feeds import TELLING, TRIGGER
from ebbline.errors import SetupError

CONNECTORS = {
    connector.type: connector
    for connector in (BRAZE, FILES, HUBSPOT, MAILCHIMP, MARKETO, POSTGRES, S3, SFMC, WEBHOOK)
}

REFERENCES = ("env:", "file:", "store:")
"""How a setting points to a secret instead of holding it."""

# Put in a secret's place where settings are checked without it; long enough for every check.
_STAND_IN = "whsec_" + "A" * 32


def connector_of(kind: str) -> Connector:
    """The connector of a type; SetupError when there is none (`check` says so nicely)."""
    if kind not in CONNECTORS:
        raise SetupError(_unknown(kind))
    return CONNECTORS[kind]


def check(
    kind: str, settings: dict[str, Any], syncs: Iterable[SyncDef] = ()
) -> tuple[Problem, ...]:
    """What is wrong with a destination's settings as written (secrets being references), and
    with the names and modes of what it is to receive."""
    if kind not in CONNECTORS:
        return (Problem("type", _unknown(kind)),)
    connector = CONNECTORS[kind]
    named = tuple(
        Problem(f"sync.{sync.field}", wrong)
        for sync in syncs
        if (wrong := sync_problem(connector, sync))
    )
    return _settings_problems(connector, settings) + named


def sync_problem(connector: Connector, sync: SyncDef) -> str:
    """What is wrong with the name or the mode of something a destination is to receive."""
    mode = sync.mode or connector.modes[0]
    if mode not in connector.modes:
        return f"{connector.type} has no mode {mode}; there is {', '.join(connector.modes)}."
    if mode == TRIGGER and sync.only == "exits":
        return "A trigger starts something for people who enter; for exits take mode: event."
    if sync.only and mode not in TELLING:
        return f"Only entries or only exits can be told as events, not set as {mode}."
    if sync.changes == "every" and mode not in TELLING:
        return f"Every change can be told as an event (mode: event), not set as {mode}."
    return connector.field_problem(sync.field, mode)


def _settings_problems(connector: Connector, settings: dict[str, Any]) -> tuple[Problem, ...]:
    literal = tuple(
        Problem(
            key,
            f'"{key}" must name a secret (env:NAME, file:PATH or store:NAME), not hold it.',
            hidden=True,
        )
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
