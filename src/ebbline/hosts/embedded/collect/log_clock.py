"""Whether the log's clock is ahead of the machine's, which delays what time alone causes.

The log's clock never goes back. If the machine's clock was once set too far ahead, the log
stands still until real time catches up; nothing can be done about that, but it must be said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from ebbline.hosts.embedded.collect.limits import LOG_AHEAD_MS_MAX

if TYPE_CHECKING:
    from collections.abc import Callable

_log = structlog.get_logger("ebbline.collect")


class LogClock:
    """Compares the newest stamp of the log with the clock. Any thread may call it."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._stamp_ms = 0
        self._warned = False

    def saw(self, stamp_ms: int) -> None:
        """The log's last entry has this stamp; warns when that begins to be too far ahead."""
        self._stamp_ms = stamp_ms
        trouble = self.trouble()
        if trouble is not None and not self._warned:
            _log.error("the clock was wrong", reason=trouble)
        self._warned = trouble is not None

    def ahead_seconds(self) -> float:
        """Seconds the log is ahead just now; 0 when it is not."""
        return max(0, self._stamp_ms - self._now_ms()) / 1000

    def trouble(self) -> str | None:
        """What to say while it is too far ahead."""
        ahead = self.ahead_seconds()
        if ahead * 1000 <= LOG_AHEAD_MS_MAX:
            return None
        return (
            f"the log's clock is {ahead:,.0f} s ahead of this machine's, which must have been set"
            " wrong at some time; events are stored, but until real time has caught up, entries"
            " and exits do not happen at their real time"
        )
