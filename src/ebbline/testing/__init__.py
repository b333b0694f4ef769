"""What tests of a project are made with: a virtual clock, a whole system on it, an example runner.

`VirtualClock`, `System` and `run_examples` are the doors. They are public: users test their own
projects with them. Nothing here is imported by a running system.
"""

from ebbline.testing.examples import ExampleResult, run_example, run_examples
from ebbline.testing.system import System
from ebbline.testing.virtual_clock import START_MS, VirtualClock

__all__ = ["START_MS", "ExampleResult", "System", "VirtualClock", "run_example", "run_examples"]
