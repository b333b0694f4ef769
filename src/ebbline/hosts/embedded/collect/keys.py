"""Which source a request comes from, by its write key.

It accepts HTTP Basic with the key as user name, and a key in the body (also beside a bearer
token, which is not looked at). Write keys name a source; they are no secret in a browser.
"""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from typing import TYPE_CHECKING

import structlog

from ebbline.hosts.embedded.collect import limits

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_KEYS = {"dev": "default"}
"""The one write key of a project that declares no source."""

_log = structlog.get_logger("ebbline.collect")


class Keys:
    """The known write keys, read through `keys` at every look so that an apply takes effect."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = keys
        self._alarms: dict[str, int] = {}

    def source(self, key: str | None) -> str | None:
        """The name of the source that `key` belongs to, None if to nobody."""
        return (self._keys or DEFAULT_KEYS).get(key or "")

    def alarm(self, key: str | None, now_ms: int) -> None:
        """Logs an unknown key loudly: server SDKs drop what is answered with 401."""
        shown = _mask(key)
        last_ms = self._alarms.get(shown)
        if last_ms is not None and 0 <= now_ms - last_ms < limits.ALARM_INTERVAL_MS:
            return
        if len(self._alarms) >= limits.ALARM_KEYS_MAX:
            self._alarms.clear()
        self._alarms[shown] = now_ms
        _log.error(
            "unknown write key: the sender will drop these events",
            write_key=shown,
            known_keys=len(self._keys or DEFAULT_KEYS),
        )


@lru_cache(limits.LOGINS_MAX)
def basic_key(header: bytes | None) -> str | None:
    """The user name of a Basic header, with or without the colon; None if there is none.

    Remembered, since senders send the same one with each request.
    """
    if header is None or header[:6].lower() != b"basic ":
        return None
    try:
        text = base64.b64decode(header[6:].strip()).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return text.partition(":")[0] or None


def _mask(key: str | None) -> str:
    return "(none)" if not key else f"{key[:4]}… ({len(key)} characters)"


class Strangers:
    """Says which refusals without a known key are kept: the first few of each second."""

    def __init__(self) -> None:
        self._second = -1
        self._kept = 0

    def keep(self, now_ms: int) -> bool:
        """Whether to keep one more."""
        second = now_ms // 1000
        if second != self._second:
            self._second, self._kept = second, 0
        self._kept += 1
        return self._kept <= limits.STRANGERS_PER_SECOND_MAX
