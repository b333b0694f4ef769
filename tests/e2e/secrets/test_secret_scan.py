"""A whole system with secrets in every form, beside a receiver that repeats them: nothing that
is kept, said or shown holds one. And a key is replaced while it runs, without a loss."""

from __future__ import annotations

import json
import secrets as chance
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.secrets.receiver import Receiver
from tests.e2e.secrets.scan import command_lines, files_below, found_in
from tests.e2e.whole.system import WholeSystem, until

pytestmark = pytest.mark.slow

# The clock that retries and probes go by; HTTP takes its time all the same.
SPEED = 30
SECONDS_MAX = 40.0
FORMS = {"env": "env:SCAN_KEY", "file": "file:keys/scan", "store": "store:SCAN_KEY"}
AUDIENCE = """\
audiences:
  viewer:
    owner: tests
    review_by: 2100-01-01
    when: performed("Product Viewed")
"""
DESTINATION = """\
  {name}:
    type: webhook
    url: http://127.0.0.1:{port}/{name}
    headers: {{X-Key: "{reference}"}}
    fence_seconds: 1
    sync:
      - {{audience: viewer}}
"""


def marked(name):
    """A secret nothing else contains, with characters that every encoding treats its own way."""
    return f"{name}/{chance.token_hex(12)}+{chance.token_hex(4)}=&{chance.token_hex(4)}"


class Scene:
    """A project in a folder, its system, and the receiver."""

    def __init__(self, folder, receiver):
        self.folder, self.receiver = folder, receiver
        self.project, self.data = folder / "project", folder / "data"
        self.keys = {form: marked(form) for form in FORMS}
        self.all_secrets = set(self.keys.values())
        self.system = WholeSystem(
            self.project, self.data, folder / "system.log", ["--speed", str(SPEED)]
        )
        self.shown = bytearray()  # everything any command has printed

    def write(self):
        for name in ("audiences", "destinations", "sources", "keys"):
            (self.project / name).mkdir(parents=True)
        (self.project / "ebbline.yml").write_text("name: scan\n")
        (self.project / "audiences" / "all.yml").write_text(AUDIENCE)
        source = "sources:\n  load: {type: http, write_key: the-key}\n"
        (self.project / "sources" / "all.yml").write_text(source)
        rows = [DESTINATION.format(name=form, port=self.receiver.port, reference=reference)
                for form, reference in FORMS.items()]  # fmt: skip
        (self.project / "destinations" / "all.yml").write_text("destinations:\n" + "".join(rows))
        (self.project / "keys" / "scan").write_text(self.keys["file"] + "\n")

    def ebbline(self, *words, given=None, code=0):
        """A command, elsewhere than in the project; its process is looked at while it waits."""
        place = ["--project", str(self.project), "--data", str(self.data)]
        command = [sys.executable, "-m", "ebbline.console.cli", *words, *place]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=self.folder,
        )  # fmt: skip
        self.shown += b"".join(content for _, content in command_lines([process.pid]))
        said = process.communicate(None if given is None else given.encode(), timeout=60)
        self.shown += b"".join(said)
        assert process.returncode == code, said
        return said[0].decode()

    def set_stored(self, value):
        self.keys["store"] = value
        self.all_secrets.add(value)
        self.ebbline("secret", "set", "SCAN_KEY", "--stdin", given=value)

    def view(self, *people):
        for user in people:
            call = {"userId": user, "event": "Product Viewed"}
            assert self.system.door.post("/v1/track", call).status == 200

    def answered(self, status, forms=FORMS):
        """Waits until requests of those destinations with their present keys had that answer."""
        wanted = [(f"/{form}", self.keys[form], status) for form in forms]
        before = {row: self.receiver.answers[row] for row in wanted}
        until(lambda: all(self.receiver.answers[row] > before[row] for row in wanted),
              f"{status} for {', '.join(forms)}: {self.receiver.answers}", SECONDS_MAX)  # fmt: skip

    def knows(self, *people):
        """Waits until every destination holds these people."""
        held = self.receiver.held
        until(lambda: all(held.get((f"/{form}", user)) for form in FORMS for user in people),
              f"{people} everywhere", SECONDS_MAX)  # fmt: skip

    def look_everywhere(self):
        """All that people and tools can see of it, as one list of places and bytes."""
        for words in (["status"], ["ledger"], ["members", "viewer"], ["deliveries", "list"],
                      ["versions"], ["secret", "list"], ["secret", "check"], ["plan"]):  # fmt: skip
            self.ebbline(*words)
        self.ebbline("status", "--json")
        rows = self.ebbline("deliveries", "list", "--json", "--limit", "500").splitlines()
        for row in map(json.loads, rows):
            self.ebbline("deliveries", "show", str(row["id"])) if row["status"] != 200 else None
        metrics = self.system.door.ask("GET", "/metrics").body
        pids = [self.system.pid, *self.system.children().values()]
        yield from files_below(self.data)
        yield from command_lines(pids)
        yield Path("stderr of all processes"), self.system.log.read_bytes()
        yield Path("metrics"), metrics
        yield Path("commands"), bytes(self.shown)


@pytest.fixture
def scene(tmp_path, monkeypatch):
    with Receiver() as receiver:
        scene = Scene(tmp_path, receiver)
        scene.write()
        monkeypatch.setenv("SCAN_KEY", scene.keys["env"])
        monkeypatch.setenv("EBBLINE_ALLOW_OUTBOUND", "127.0.0.1")
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        for name in ("XDG_CONFIG_HOME", "EBBLINE_SECRETS_KEY", "EBBLINE_SECRETS_KEY_FILE"):
            monkeypatch.delenv(name, raising=False)
        yield scene


def leaks(places, secrets):
    """Where a secret stands, and in which form."""
    found = {str(place): found_in(content, secrets) for place, content in places}
    return {place: needles for place, needles in found.items() if needles}


def test_no_secret_is_in_logs_databases_process_lists_or_exports(scene):
    scene.set_stored(scene.keys["store"])
    with scene.system as system:
        scene.view("ana")
        scene.knows("ana")
        for status in (503, 401):
            scene.receiver.status = status
            scene.view(f"at {status}")
            scene.answered(status)
        # The search finds what it is to find: the receiver has said it all in its refusals.
        said = bytes(scene.receiver.said)
        assert all(len(found_in(said, [key])) >= 4 for key in scene.all_secrets)
        while_running = leaks(scene.look_everywhere(), scene.all_secrets)
        shown = scene.shown.decode()
        scene.receiver.status = 200
        scene.knows("at 503", "at 401")
        assert system.stop() == 0
    assert while_running == {}
    # Refusals were kept and shown, without what they repeat.
    assert "is refused" in shown
    assert shown.count("***") > 10
    assert leaks(files_below(scene.data), scene.all_secrets) == {}
    assert leaks([(scene.system.log, scene.system.log.read_bytes())], scene.all_secrets) == {}
    assert {"secrets.json", "delivery.db", "log.db"} <= {f.name for f in scene.data.iterdir()}


def test_a_key_is_replaced_without_a_restart_and_without_a_loss(scene):
    scene.set_stored(scene.keys["store"])
    first = scene.keys["store"]
    with scene.system as system:
        scene.view("ana")
        scene.knows("ana")
        pids = system.children()
        # The new key is stored before the vendor switches it on: the old one goes on working.
        scene.receiver.keys = set(scene.keys.values())
        second = marked("second")
        scene.set_stored(second)
        scene.view("ben")
        scene.knows("ben")
        assert scene.receiver.answers["/store", first, 200] >= 2
        # The vendor switches over: from now on it takes the new one alone.
        scene.receiver.keys = set(scene.keys.values())
        scene.receiver.keys.discard(first)
        scene.view("cleo")
        scene.knows("ana", "ben", "cleo")
        assert scene.receiver.answers["/store", second, 200] >= 1
        assert system.children() == pids
        until(lambda: _row(scene)["worked"], "the new version is known to work", SECONDS_MAX)
        assert _row(scene)["older"] == []
        assert leaks(scene.look_everywhere(), scene.all_secrets) == {}


def _row(scene):
    return json.loads(scene.ebbline("secret", "list", "--json"))
