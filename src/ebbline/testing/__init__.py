"""What tests of a project are made with: a virtual clock, a whole system on it, an example runner.

`VirtualClock`, `System` and `run_examples` are the doors. They are public: users test their own
projects with them. Nothing here is imported by a running system.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ebbline.testing.examples import ExampleResult, run_example, run_examples
from ebbline.testing.virtual_clock import START_MS, VirtualClock

if TYPE_CHECKING:
    from ebbline.testing.system import System

__all__ = ["START_MS", "ExampleResult", "System", "VirtualClock", "run_example", "run_examples"]


def __getattr__(name: str) -> Any:
    """`System` brings servers and clients along: it is loaded when it is first asked for, so
    that running examples stays quick."""
    if name != "System":
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from ebbline.testing.system import System  # noqa: PLC0415 - the reason stands above

    return System
