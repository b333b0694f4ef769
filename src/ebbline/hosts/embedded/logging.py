"""Structured logs on stderr: one line a happening, with the process that says it."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from typing import TextIO, cast

import structlog


def set_up_logging(role: str, level: str = "info") -> structlog.stdlib.BoundLogger:
    """Send every log of this process to stderr, in colour when somebody watches."""
    logging.basicConfig(stream=sys.stderr, level=level.upper(), format="%(message)s", force=True)
    logging.getLogger("uvicorn").setLevel("WARNING")  # it repeats what the supervisor says
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Lines(sys.stderr))),
    )
    structlog.contextvars.bind_contextvars(process=role)
    logger: structlog.stdlib.BoundLogger = structlog.get_logger("ebbline")
    return logger


class _Lines(io.TextIOBase):
    """A stream that loses what cannot be written: stderr may lead to a full disk, or to somebody
    who no longer reads, and neither is worth a process."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, if that is possible."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, if that is possible."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()
