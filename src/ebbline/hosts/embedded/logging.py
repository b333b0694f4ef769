"""Structured logs on stderr: one line a happening, with the process that says it."""

from __future__ import annotations

import logging
import sys

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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    structlog.contextvars.bind_contextvars(process=role)
    logger: structlog.stdlib.BoundLogger = structlog.get_logger("ebbline")
    return logger
