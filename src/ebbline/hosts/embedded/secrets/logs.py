"""Secrets kept out of what a process logs: known values, and whatever stands under a name that
says it is one.

A process's log is one, so what it hides is one list for the process: everything a reference was
followed to since its start.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, MutableMapping
from typing import Any

from ebbline.hosts.embedded.secrets.hiding import HIDDEN, mask
from ebbline.hosts.embedded.secrets.limits import LOGGED_SECRETS_MAX

_NAME = re.compile(
    r"(?i)(?:^|[_.-])(?:authorization|cookie|password|passphrase|credentials?|secrets?"
    r"|(?:api|access|private|signing|write)?[_-]?(?:key|token))$"
)
_known: dict[str, None] = {}
_present: tuple[str, ...] = ()


def remember(secrets: Iterable[str]) -> None:
    """Hide these from now on in everything this process logs."""
    global _present  # noqa: PLW0603 - see the module's docstring
    fresh = [secret for secret in secrets if secret not in _known]
    if not fresh:
        return
    _known.update(dict.fromkeys(fresh))
    while len(_known) > LOGGED_SECRETS_MAX:
        del _known[next(iter(_known))]
    _present = tuple(_known)


def hidden(text: str) -> str:
    """A text as it may be logged."""
    return mask(text, _present)


def hide_in_log(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Any:
    """A structlog processor: hides known secrets in every value, and values by their names."""
    for name, value in event.items():
        event[name] = _value(name, value)
    return event


def _value(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {inner: _value(str(inner), part) for inner, part in value.items()}
    if isinstance(value, str | bytes) and _NAME.search(name):
        return HIDDEN
    if isinstance(value, list | tuple | set | frozenset):
        return [_value(name, part) for part in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return hidden(value if isinstance(value, str) else str(value))
