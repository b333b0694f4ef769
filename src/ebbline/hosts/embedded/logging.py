"""Structured logs on stderr: one line a happening, with the process that says it."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import traceback
from types import TracebackType
from typing import TextIO, cast

import structlog

from ebbline.hosts.embedded.secrets.logs import hidden, hide_in_log


def set_up_logging(role: str, level: str = "info") -> structlog.stdlib.BoundLogger:
    """Send every log of this process to stderr, in colour when somebody watches."""
    lines = cast("TextIO", _Lines(sys.stderr))
    sys.excepthook = _told
    logging.basicConfig(stream=lines, level=level.upper(), format="%(message)s", force=True)
    logging.getLogger("uvicorn").setLevel("WARNING")  # it repeats what the supervisor says
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            hide_in_log,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(lines),
    )
    structlog.contextvars.bind_contextvars(process=role)
    logger: structlog.stdlib.BoundLogger = structlog.get_logger("ebbline")
    return logger


def _told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """How an error that ends the process is told: a message may repeat a secret."""
    _Lines(sys.stderr).write("".join(traceback.format_exception(kind, error, trace)))


class _Lines(io.TextIOBase):
    """A stream that hides secrets, and that loses what cannot be written: stderr may lead to a
    full disk, or to somebody who no longer reads, and neither is worth a process."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, if that is possible."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(hidden(text))
        return len(text)

    def flush(self) -> None:
        """Flush, if that is possible."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()
