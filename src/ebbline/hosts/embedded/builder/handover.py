"""Whose the shadow is: the builder's, until it leaves a note that it is ready; then the engine's.

The note names the version. Whoever finds no note of the version that is open does not touch
the file, unless it is the builder.
"""

from __future__ import annotations

from ebbline.hosts.embedded import named_bell
from ebbline.hosts.embedded.builder.shadow import discard
from ebbline.hosts.embedded.folder import DataFolder


class Handover:
    """The note of one data folder."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder

    def to_engine(self, version: int) -> None:
        """The shadow of a version is ready; the builder has closed it."""
        draft = self._folder.ready.with_suffix(".new")
        draft.write_text(str(version), "ascii")
        draft.replace(self._folder.ready)
        named_bell.ring(self._folder.engine_bell)

    def ready(self, version: int) -> bool:
        """Whether the shadow of this very version is the engine's."""
        return self.version() == version

    def version(self) -> int:
        """The version whose shadow is the engine's; 0: the shadow is the builder's."""
        try:
            return int(self._folder.ready.read_text("ascii"))
        except (OSError, ValueError):
            return 0

    def to_builder(self) -> None:
        """The shadow is the builder's again."""
        self._folder.ready.unlink(missing_ok=True)
        named_bell.ring(self._folder.builder_bell)

    def over(self) -> None:
        """The version is live: the shadow has done its work."""
        discard(self._folder.shadow)
        self.to_builder()
