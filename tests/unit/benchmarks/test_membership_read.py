"""The benchmark of the membership read measures what it says."""

from __future__ import annotations

import pytest

from benchmarks.membership_read import HELD, fill, measure
from ebbline.console.api.app import ApiApp
from ebbline.console.api.context import Context
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.folder import open_folder
from tests.suites.api.prepared import Asking


def test_everybody_who_is_filled_in_is_answered_for(tmp_path):
    key = fill(open_folder(tmp_path / "data"), 50)
    context = Context(tmp_path / "data", SystemClock())
    api = Asking(ApiApp(context), key)
    for number in (1, 25, 50):
        found = api.data(f"/v1/memberships?user=u{number:09}")
        assert found["profile"] == number
        assert len(found["audiences"]) == HELD
    api("/v1/memberships?user=u000000051", code=404)
    context.close()


@pytest.mark.alone
def test_each_row_has_its_figures():
    found = measure(200, 0.3, 2)
    assert set(found["rows"]) == {"bare", "again", "everybody"}
    for row in found["rows"].values():
        assert row["requests"] > 10
        assert 0 < row["p50_ms"] <= row["p99_ms"]
    assert found["rows"]["bare"]["ratio"] == 1.0
