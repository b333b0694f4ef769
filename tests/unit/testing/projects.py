"""Small projects for the tests of this folder."""

from __future__ import annotations

from ebbline.definitions import load_files

HEAD = "name: tiny\n"


def project(audiences, **files):
    """A loaded project of one audiences file; further files by path."""
    content = {"ebbline.yml": HEAD, "audiences/a.yml": audiences, **files}
    loaded = load_files({path: text.encode() for path, text in content.items()})
    assert loaded.plan is not None, loaded.errors
    return loaded
