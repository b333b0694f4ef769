"""The API on a small prepared folder, asked with an owner's key."""

from __future__ import annotations

import pytest

from tests.suites.api.prepared import Asking, prepare, served


@pytest.fixture(scope="session")
def _prepared(tmp_path_factory):
    return prepare(tmp_path_factory.mktemp("api"))


@pytest.fixture(scope="session")
def _api(_prepared):
    with served(*_prepared) as made:
        yield made


@pytest.fixture
def api(_api):
    """For tests that change nothing."""
    app, keys = _api
    return Asking(app, keys["owner"])


@pytest.fixture
def own_api(tmp_path):
    """A folder of its own, for tests that change something."""
    with served(*prepare(tmp_path)) as (app, keys):
        yield Asking(app, keys["owner"])
