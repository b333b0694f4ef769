"""Packages that only a comparison needs."""

from __future__ import annotations

import importlib
from typing import Any


class PeerMissing(Exception):
    """A peer's package is not installed; says what to do."""


def needed(module: str, package: str) -> Any:
    """A module of an optional package; PeerMissing without it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        message = f"{package} is not installed (pip install {package})"
        raise PeerMissing(message) from error
