"""Which secrets the destinations of a running deliver use, and when to follow references anew.

A new version is taken up without a restart. One that is refused gives way to the older one as
long as that is there, so nothing waits because the new key is not switched on yet. It sends
nothing: deliver tells it what was refused and what has worked.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from typing import Any

from ebbline.connectors import Connector
from ebbline.errors import EbblineError
from ebbline.hosts.embedded.secrets import contents
from ebbline.hosts.embedded.secrets.contents import Worked
from ebbline.hosts.embedded.secrets.references import HERE, Followed, Places, follow
from ebbline.hosts.embedded.secrets.store import Used


class Watch:
    """One for the process; destinations are told apart by their names."""

    def __init__(self, environ: Mapping[str, str] = os.environ, places: Places = HERE) -> None:
        self._environ = environ
        self._places = places
        self._stamp = self._look()
        self._refused: dict[str, set[Used]] = {}
        self._noted: set[Used] = set()

    def follow(self, name: str, connector: Connector, raw: dict[str, Any]) -> Followed:
        """A destination's settings as written, followed: of stored secrets the newest version
        that it has not refused. Raises SetupError."""
        refused = self._refused.get(name, set())
        return follow(connector, raw, self._environ, self._places, refused)

    def changed(self) -> bool:
        """Whether the store's file is another one than at the last look: then every destination
        follows its references anew. One `stat`: cheap enough for every round."""
        stamp = self._look()
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        self._refused.clear()
        return True

    def refused(
        self, name: str, connector: Connector, raw: dict[str, Any], present: Followed
    ) -> bool:
        """A destination does not take the present secrets. True when following anew gives others
        that it can use: a new version, a file with another content, the version before."""
        self._refused.setdefault(name, set()).update(present.used)
        try:
            found = self.follow(name, connector, raw)
        except EbblineError:
            return False
        usable = not isinstance(connector.read_settings(found.settings), tuple)
        return usable and found.settings != present.settings

    def worked(self, present: Followed, now_ms: int) -> None:
        """A destination took the present secrets: versions before them may go from now on."""
        fresh = [used for used in present.used if used not in self._noted]
        if not fresh or self._places.data is None:
            return
        note = contents.read_note(self._places.data)
        for used in fresh:
            known = note.get(used.name)
            if known is None or (known.number, known.created_ms) != (used.number, used.created_ms):
                note[used.name] = Worked(used.number, used.created_ms, now_ms)
        with contextlib.suppress(EbblineError):  # a full disk; the next success tries again
            contents.write_note(self._places.data, note)
            self._noted.update(fresh)

    def _look(self) -> tuple[int, int, int] | None:
        return None if self._places.data is None else contents.stamp(self._places.data)
