"""References: where they lead, what is said when they lead nowhere, and what is then hidden."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import structlog

from ebbline.connectors import connector_of
from ebbline.errors import SetupError
from ebbline.hosts.embedded.secrets import contents, logs
from ebbline.hosts.embedded.secrets.references import Places, follow, references_of, resolve
from ebbline.hosts.embedded.secrets.store import SecretStore
from ebbline.hosts.embedded.secrets.watch import Watch

HOOK = connector_of("webhook")
SETTINGS = {"url": "https://x.org/", "headers": {"X-Key": "store:HOOK", "X-Plain": "plain"}}


class Rig:
    """A project, a data folder and a store."""

    def __init__(self, folder):
        self.project, self.data = folder / "project", folder / "data"
        self.project.mkdir()
        self.data.mkdir()
        self.environ = {"HOME": str(folder)}
        self.places = Places(self.project, self.data)
        self.store = SecretStore(self.data, self.environ)
        self.watch = Watch(self.environ, self.places)

    def follow(self):
        return self.watch.follow("hook", HOOK, SETTINGS)


@pytest.fixture
def rig(tmp_path):
    return Rig(tmp_path)


def key_of(followed):
    return followed.settings["headers"]["X-Key"]


def test_a_relative_path_starts_from_the_project(rig, monkeypatch, tmp_path):
    (rig.project / "keys").mkdir()
    (rig.project / "keys" / "braze").write_text(" the-key\n")
    monkeypatch.chdir(tmp_path)
    assert resolve("file:keys/braze", {}, rig.places) == "the-key"
    assert resolve(f"file:{rig.project}/keys/braze", {}, Places(Path("elsewhere"))) == "the-key"
    with pytest.raises(SetupError, match="keys/braze cannot be read"):
        resolve("file:keys/braze", {})


def test_references_that_lead_nowhere_say_what_to_do(rig):
    (rig.project / "empty").write_text(" \n")
    (rig.project / "large").write_text("x" * 20_000)
    (rig.project / "bytes").write_bytes(b"secret\xff")
    wanted = {
        "env:NOT_SET": "variable NOT_SET is not set",
        "file:missing": "cannot be read",
        "file:empty": "is empty",
        "file:large": "more than 16,384 bytes",
        "file:bytes": "is no text",
        "store:HOOK": "ebbline secret set HOOK",
    }
    for reference, words in wanted.items():
        with pytest.raises(SetupError, match=words) as told:
            resolve(reference, rig.environ, rig.places)
        assert "secret\xff" not in str(told.value)
    with pytest.raises(SetupError, match="no data folder"):
        resolve("store:HOOK", rig.environ)


def test_a_literal_secret_is_refused_by_the_name_of_its_setting():
    with pytest.raises(SetupError, match='"secret" must name a secret') as told:
        follow(HOOK, {"secret": "whsec_literal"})
    assert "whsec_literal" not in str(told.value)


def test_references_are_named_once_and_only_where_they_count():
    settings = {"url": "file:x", "secrets": ["env:A", "env:A"], "headers": {"X": "store:B"}}
    assert references_of(HOOK, settings) == ("env:A", "store:B")


def test_followed_settings_hide_older_versions_too(rig):
    rig.store.set("HOOK", "first-value", 1)
    rig.store.set("HOOK", "second-value", 2)
    found = rig.follow()
    assert found.settings["headers"] == {"X-Key": "second-value", "X-Plain": "plain"}
    assert set(found.secrets) == {"first-value", "second-value"}
    assert [(used.name, used.number) for used in found.used] == [("HOOK", 2)]


def test_a_new_version_is_noticed_once(rig):
    assert not rig.watch.changed()
    rig.store.set("HOOK", "first-value", 1)
    assert rig.watch.changed()
    assert not rig.watch.changed()
    assert key_of(rig.follow()) == "first-value"
    rig.store.set("HOOK", "second-value", 2)
    assert rig.watch.changed()
    assert key_of(rig.follow()) == "second-value"


def test_a_refused_version_gives_way_to_the_one_before_and_comes_back(rig):
    rig.store.set("HOOK", "first-value", 1)
    rig.store.set("HOOK", "second-value", 2)
    present = rig.follow()
    assert rig.watch.refused("hook", HOOK, SETTINGS, present)
    present = rig.follow()
    assert key_of(present) == "first-value"
    # The one before is refused as well: the newest once more, and then it stands.
    assert rig.watch.refused("hook", HOOK, SETTINGS, present)
    present = rig.follow()
    assert key_of(present) == "second-value"
    assert not rig.watch.refused("hook", HOOK, SETTINGS, present)
    # What one destination refuses, another may take.
    assert key_of(rig.watch.follow("other", HOOK, SETTINGS)) == "second-value"
    rig.store.set("HOOK", "third-value", 3)
    assert rig.watch.changed()
    assert key_of(rig.follow()) == "third-value"


def test_a_version_that_has_worked_ends_those_before_it(rig):
    rig.store.set("HOOK", "first-value", 1)
    rig.store.set("HOOK", "second-value", 2)
    present = rig.follow()
    rig.watch.worked(present, 50)
    assert rig.store.note()["HOOK"] == contents.Worked(2, 2, 50)
    assert [v.number for v in rig.store.entries()["HOOK"].versions] == [2]
    assert not rig.watch.refused("hook", HOOK, SETTINGS, present)
    before = (rig.data / "secrets.used.json").stat().st_ino
    rig.watch.worked(present, 60)
    assert (rig.data / "secrets.used.json").stat().st_ino == before


def test_a_note_that_cannot_be_written_is_tried_again(rig):
    rig.store.set("HOOK", "first-value", 1)
    blocker = rig.data / "secrets.used.json.new"
    blocker.mkdir()
    rig.watch.worked(rig.follow(), 50)
    assert rig.store.note() == {}
    blocker.rmdir()
    rig.watch.worked(rig.follow(), 60)
    assert rig.store.note()["HOOK"].worked_ms == 60


def test_a_file_with_another_content_is_another_secret(rig):
    settings = {"url": "https://x.org/", "headers": {"X-Key": "file:key"}}
    (rig.project / "key").write_text("first-value")
    present = rig.watch.follow("hook", HOOK, settings)
    assert not rig.watch.refused("hook", HOOK, settings, present)
    (rig.project / "key").write_text("second-value")
    assert rig.watch.refused("hook", HOOK, settings, present)
    (rig.project / "key").unlink()
    assert not rig.watch.refused("hook", HOOK, settings, present)


def test_a_value_that_the_connector_cannot_use_is_not_taken(rig):
    good = "whsec_" + "A" * 32
    settings = {"url": "https://x.org/", "secret": "file:key"}
    (rig.project / "key").write_text(good)
    present = rig.watch.follow("hook", HOOK, settings)
    (rig.project / "key").write_text("no signing secret")
    assert not rig.watch.refused("hook", HOOK, settings, present)


def test_logs_hide_what_was_followed_and_what_its_name_gives_away(rig):
    rig.store.set("HOOK", "a-value-that-was-followed", 1)
    rig.follow()
    error = ValueError("at a-value-that-was-followed")
    event = {
        "event": "sent with a-value-that-was-followed",
        "authorization": "anything", "api_key": b"anything", "X-Token": "anything",
        "headers": {"Cookie": "anything", "Accept": "text"}, "error": error,
        "keys": 3, "tokens": 5, "monkey": "stays", "count": None, "ok": True,
        "urls": ["https://x.org/?token=anything"],
    }  # fmt: skip
    shown = logs.hide_in_log(None, "info", event)
    assert "a-value-that-was-followed" not in str(shown)
    assert "anything" not in str(shown)
    kept = {name: shown[name] for name in ("keys", "tokens", "monkey", "count", "ok")}
    assert kept == {"keys": 3, "tokens": 5, "monkey": "stays", "count": None, "ok": True}
    assert shown["headers"]["Accept"] == "text"


def test_the_processor_takes_its_place_in_structlog():
    logs.remember(["remembered-secret"])
    lines = []
    logger = structlog.wrap_logger(
        structlog.PrintLogger(type("File", (), {"write": lines.append, "flush": str})()),
        processors=[logs.hide_in_log, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    logger.info("with remembered-secret", why={"deep": ["remembered-secret"]})
    assert "remembered-secret" not in "".join(map(str, lines))
    assert "***" in "".join(map(str, lines))


def test_a_log_forgets_the_oldest_secrets_first(monkeypatch):
    monkeypatch.setattr(logs, "_known", {})
    monkeypatch.setattr(logs, "_present", ())
    monkeypatch.setattr(logs, "LOGGED_SECRETS_MAX", 3)
    logs.remember(f"{number}-is-a-secret" for number in range(5))
    assert logs.hidden("1-is-a-secret 4-is-a-secret") == "1-is-a-secret ***"
