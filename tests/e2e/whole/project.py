"""Writes a project folder whose destinations point to the sandboxes."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.e2e.whole.sandbox import Sandboxes


def project_at(folder: Path, template: Path, sandboxes: Sandboxes) -> Path:
    """A copy of a template project, with the sandboxes' ports filled in."""
    shutil.copytree(template, folder)
    for file in folder.glob("destinations/*.yml"):
        text = file.read_text("utf-8")
        text = text.replace("BRAZE_PORT", str(sandboxes.braze_port))
        file.write_text(text.replace("WEBHOOK_PORT", str(sandboxes.webhook_port)), "utf-8")
    return folder
