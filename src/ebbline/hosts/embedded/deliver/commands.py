"""Orders from the command line to the running deliver process: a spool and a bell.

delivery.db has one writer. Who wants it to retry something puts a file into the spool (written
aside, then renamed) and rings a named pipe. The file is the order: when deliver does not run, it
is carried out at its next start. Carrying one out twice does no harm.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from ebbline.hosts.embedded import named_bell
from ebbline.hosts.embedded.deliver.limits import COMMANDS_MAX

_SPOOL = "deliver-orders"
_BELL = "deliver.bell"


class Retry(msgspec.Struct, frozen=True, tag="retry"):
    """Try again what was laid aside: by one attempt, or (None) everything."""

    attempt: int | None = None


class Pause(msgspec.Struct, frozen=True, tag="pause"):
    """Let nothing leave for a destination any more, or again; changes wait meanwhile."""

    destination: str
    paused: bool


class Renew(msgspec.Struct, frozen=True, tag="renew"):
    """Secrets have changed: read them anew and take up what had stopped for want of them."""


class Reconcile(msgspec.Struct, frozen=True, tag="reconcile"):
    """Compare what a destination holds with what it should. `sample` people drawn by chance, or
    (0) all; `heal` sends again what has drifted. `id` names the report."""

    id: str
    destination: str
    sample: int = 0
    heal: bool = True


Order = Retry | Pause | Renew | Reconcile


class Spool:
    """The orders of one data folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _SPOOL
        self._bell = folder / _BELL

    def put(self, order: Order, name: str) -> bool:
        """Leave an order under a name of its own; whether somebody was there to hear it."""
        self._path.mkdir(mode=0o700, exist_ok=True)
        draft = self._path / f".{name}"
        draft.write_bytes(msgspec.json.encode(order))
        draft.rename(self._path / f"{name}.json")
        return named_bell.ring(self._bell)

    def listen(self) -> int:
        """Open the bell's hearing end; the descriptor belongs to the caller."""
        self._path.mkdir(mode=0o700, exist_ok=True)
        return named_bell.listen(self._bell)

    def waiting(self) -> Iterator[tuple[Path, Order | None]]:
        """Orders in the order of their names; None for a file that is none."""
        if not self._path.is_dir():
            return
        for path in sorted(self._path.glob("*.json"))[:COMMANDS_MAX]:
            try:
                yield path, msgspec.json.decode(path.read_bytes(), type=Order)
            except (msgspec.DecodeError, OSError):
                yield path, None
