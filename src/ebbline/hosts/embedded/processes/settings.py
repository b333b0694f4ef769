"""What the supervisor tells a child: one JSON argument, and descriptors to inherit."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ebbline.definitions.plan import Plan, decode_plan, encode_plan
from ebbline.hosts.embedded.folder import DataFolder

PRIVATE_UMASK = 0o077
"""For every process that makes files in a data folder: all of them hold personal data."""


class ChildSettings(msgspec.Struct, frozen=True):
    """The argument of a child process. Descriptors are numbers inherited from the parent."""

    role: str
    folder: str
    socket_fd: int = -1  # collect, api: the listening socket
    ring_fd: int = -1  # the bell this child rings after it wrote
    hear_fd: int = -1  # the bell this child listens to
    ring_history_fd: int = -1  # engine: the historian's bell
    keep_days: int | None = None  # history: days of events to keep, None for all
    log_level: str = "info"
    door: str = ""  # deliver: where the system's own door is, for probes
    project: str = ""  # deliver: where relative file: references start; api: what it can apply

    def data_folder(self) -> DataFolder:
        """The opened folder's paths."""
        return DataFolder(Path(self.folder))

    def plan(self) -> Plan:
        """The plan in force: what `run` left, or the engine since."""
        return decode_plan(plan_file(self.data_folder()).read_bytes())


def leave_plan(folder: DataFolder, plan: Plan) -> None:
    """Put the plan in force where the children read it; none of them sees half of it."""
    file = plan_file(folder)
    draft = file.with_suffix(".new")
    draft.write_bytes(encode_plan(plan))
    draft.replace(file)


def plan_file(folder: DataFolder) -> Path:
    """Where the plan in force stands for the processes of the system."""
    return folder.path / "plan.json"


def metrics_file(folder: DataFolder, role: str) -> Path:
    """Where a process without a port leaves its metrics for the one that has one."""
    return folder.path / f"metrics-{role}.prom"
