"""`run` on a folder whose project has changed: the old version serves, the new one follows."""

from __future__ import annotations

import json
import signal
import time
import urllib.error

import pytest

from tests.unit.console.test_living import SECONDS_MAX, ended, send, start

OLD, NEW = "average_order_value > 200", "average_order_value > 900"


def edit(shell, old, new):
    file = shell.folder / "shop" / "audiences" / "lifecycle.yml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def status(shell):
    return json.loads(shell("status", "--json", "-p", "shop").stdout)


def until(look):
    ends = time.monotonic() + SECONDS_MAX
    while not look():
        assert time.monotonic() < ends
        time.sleep(0.05)


class Running:
    """`ebbline run` for a block; `said` is its stderr once it has ended."""

    def __init__(self, shell, *options):
        words = ("run", "--port", "0", "--json", "-p", "shop", *options)
        self._process = start(*words, cwd=shell.folder, BRAZE_API_KEY="x", EBBLINE_WHO="ana")
        self.said = ""

    def __enter__(self):
        self.url = json.loads(self._process.stdout.readline())["url"]
        return self

    def __exit__(self, *_):
        self._process.send_signal(signal.SIGINT)
        code, _, self.said = ended(self._process, within=15)
        assert code == 0


@pytest.fixture
def shop(shell):
    """A shop in which Ana is a vip: the first run takes the project up at once."""
    shell("init", "shop")
    with Running(shell) as running:
        order = {"order_id": "o1", "revenue": 300}
        send(running.url, userId="ana", event="Order Completed", properties=order)
        until(lambda: status(shell)["audiences"]["vip"]["members"] == 1)
        assert status(shell)["definitions"] == {"live": 1, "build": None}
    assert "The project has changed" not in running.said
    return shell


def test_a_changed_project_is_built_and_then_live(shop):
    edit(shop, OLD, NEW)
    with Running(shop) as running:
        until(lambda: status(shop)["definitions"]["live"] == 2)
        assert status(shop)["audiences"]["vip"]["members"] == 0
        # Beside the running system, with what that one does on its own.
        edit(shop, NEW, "average_order_value > 100")
        told = shop("apply", "-p", "shop", "--yes").stdout
        assert "Version 3 is live" in told
        assert status(shop)["audiences"]["vip"]["members"] == 1
        assert "Version 4 is live" in shop("rollback", "-p", "shop", "--yes").stdout
    assert "version 2 is built now, while version 1 goes on" in running.said
    listed = [
        json.loads(line) for line in shop("versions", "--json", "-p", "shop").stdout.splitlines()
    ]
    assert (listed[1]["by"], listed[1]["note"]) == ("ana", "ebbline run")
    # A start does not overrule the rollback.
    with Running(shop) as again:
        assert status(shop)["definitions"] == {"live": 4, "build": None}
    assert "differs from version 4, which is live and stays so" in again.said


def test_the_door_takes_another_key_without_a_restart(shop):
    """What concerns nobody's state is live at once, in every process."""
    sources = next((shop.folder / "shop" / "sources").glob("*.yml"))
    with Running(shop) as running:
        assert send(running.url, userId="ben", event="Product Viewed")
        text = sources.read_text("utf-8")
        sources.write_text(text.replace("shop-website", "another-key"), "utf-8")
        shop("apply", "-p", "shop", "--yes", "--no-counts")

        def refused():
            try:
                send(running.url, userId="ben", event="Product Viewed")
            except urllib.error.HTTPError as error:
                return error.code == 401
            return False

        until(refused)


def test_no_apply_leaves_what_is_live(shop):
    edit(shop, OLD, NEW)
    with Running(shop, "--no-apply") as running:
        assert status(shop)["definitions"] == {"live": 1, "build": None}
        assert status(shop)["audiences"]["vip"]["members"] == 1
    assert "differs from version 1, which is live and stays so" in running.said
