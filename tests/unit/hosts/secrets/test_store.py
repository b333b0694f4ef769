"""The encrypted store: what it keeps, what it refuses, and what a crash leaves."""

from __future__ import annotations

import base64
import json
import os
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbline.errors import FolderTooNew, NotFound, Refused, SetupError
from ebbline.hosts.embedded.secrets import contents, envelope, private, store
from ebbline.hosts.embedded.secrets.contents import Worked
from ebbline.hosts.embedded.secrets.envelope import Broken, rewrap, seal, unseal
from ebbline.hosts.embedded.secrets.limits import NAMES_MAX, SECRET_BYTES_MAX, VERSIONS_MAX
from ebbline.hosts.embedded.secrets.store import SecretStore

VALUE = "sk_live_5Zr-Q8/aa+b&c"


class Machine:
    """A data folder and a home of its own."""

    def __init__(self, folder):
        self.data = folder / "data"
        self.data.mkdir()
        self.environ = {"HOME": str(folder)}
        self.key_file = folder / ".config" / "ebbline" / "secrets.key"
        self.store = SecretStore(self.data, self.environ)

    def document(self):
        return json.loads((self.data / "secrets.json").read_text())

    def keys(self):
        lines = self.key_file.read_text().splitlines()
        return [line for line in lines if not line.startswith("#")]


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def key():
    return base64.b64encode(os.urandom(32)).decode()


@given(st.text(min_size=1), st.integers(1, 9))
def test_an_envelope_opens_with_its_key_at_its_place_only(secret, number):
    first, second = envelope.new_key(), envelope.new_key()
    place = ("store", "NAME", number)
    sealed = seal(secret, first, place)
    assert unseal(sealed, first, place) == secret
    assert unseal(rewrap(sealed, first, second, place), second, place) == secret
    others = [("other", "NAME", number), ("store", "NAMF", number), ("store", "NAME", number + 1)]
    for wrong, at in [(second, place), *((first, other) for other in others)]:
        with pytest.raises(Broken):
            unseal(sealed, wrong, at)


@given(st.data())
def test_every_changed_bit_is_noticed(data):
    place, key_ = ("store", "NAME", 1), envelope.new_key()
    sealed = seal(VALUE, key_, place)
    field = data.draw(st.sampled_from(["wrapped", "sealed"]))
    content = bytearray(getattr(sealed, field))
    bit = data.draw(st.integers(0, len(content) * 8 - 1))
    content[bit // 8] ^= 1 << bit % 8
    changed = {"key_id": sealed.key_id, "wrapped": sealed.wrapped, "sealed": sealed.sealed}
    with pytest.raises(Broken):
        unseal(envelope.Envelope(**changed | {field: bytes(content)}), key_, place)


def test_a_secret_comes_back_and_stands_nowhere_in_the_open(machine):
    was = machine.store.set("BRAZE", VALUE, 1_000)
    assert (was.number, was.older, was.key_made) == (1, (), machine.key_file)
    assert machine.store.read("BRAZE")[0] == VALUE
    assert machine.store.set("OTHER", "more-secrets", 2_000).key_made is None
    for path in (machine.data / "secrets.json", machine.key_file):
        assert path.stat().st_mode & 0o777 == 0o600
        content = path.read_bytes()
        for hidden in (VALUE.encode(), base64.b64encode(VALUE.encode())[:-2]):
            assert hidden not in content
    assert machine.key_file.parent.stat().st_mode & 0o077 == 0
    assert not (machine.data / "secrets.json.new").exists()


def test_two_equal_secrets_look_different(machine):
    for name in ("A", "B"):
        machine.store.set(name, VALUE, 0)
    entries = machine.document()["secrets"].values()
    envelopes = [entry["versions"][0]["envelope"] for entry in entries]
    assert envelopes[0]["sealed"] != envelopes[1]["sealed"]
    assert envelopes[0]["wrapped"] != envelopes[1]["wrapped"]


def test_what_is_moved_or_changed_in_the_file_is_told_by_its_name(machine):
    machine.store.set("A", VALUE, 0)
    machine.store.set("B", "another", 0)
    document = machine.document()
    rows = document["secrets"]
    rows["A"], rows["B"] = rows["B"], rows["A"]
    (machine.data / "secrets.json").write_text(json.dumps(document))
    with pytest.raises(SetupError, match=r"secret A .* was changed"):
        machine.store.read("A")
    assert machine.store.set("A", VALUE, 1).number == 2  # and can be mended
    assert machine.store.read("A")[0] == VALUE


def test_an_older_version_stays_until_a_newer_one_has_worked(machine):
    for at_ms, value in enumerate(["first", "second", "third"], 1):
        machine.store.set("A", value, at_ms)
    assert [v.number for v in machine.store.entries()["A"].versions] == [1, 2, 3]
    assert machine.store.read("A", 1)[0] == "first"
    contents.write_note(machine.data, {"A": Worked(2, 2, 9)})
    assert [v.number for v in machine.store.entries()["A"].versions] == [2, 3]
    assert machine.store.set("A", "fourth", 4).older == (2, 3)
    stored = machine.document()["secrets"]["A"]["versions"]
    assert [version["number"] for version in stored] == [2, 3, 4]


def test_kept_versions_stay_until_they_are_removed(machine):
    machine.store.set("A", "first", 1)
    machine.store.set("A", "second", 2, keep=True)
    contents.write_note(machine.data, {"A": Worked(2, 2, 9)})
    assert len(machine.store.entries()["A"].versions) == 2
    assert machine.store.remove("A", only_old=True) == 1
    assert [v.number for v in machine.store.entries()["A"].versions] == [2]


def test_a_note_about_a_name_that_was_removed_says_nothing_of_the_new_one(machine):
    contents.write_note(machine.data, {"A": Worked(2, 77, 99)})
    machine.store.set("A", "first", 1)
    machine.store.set("A", "second", 2)
    assert len(machine.store.entries()["A"].versions) == 2


def test_versions_are_bounded(machine):
    for number in range(VERSIONS_MAX + 3):
        machine.store.set("A", f"value {number}", number)
    assert len(machine.document()["secrets"]["A"]["versions"]) == VERSIONS_MAX
    assert machine.store.read("A")[0] == f"value {VERSIONS_MAX + 2}"


def test_names_and_values_that_are_none_are_refused_without_repeating_them(machine, monkeypatch):
    for name in ("", "1A", "A B", "A=B", "Ä", "a/b", "A" * 65):
        with pytest.raises(Refused, match="name"):
            machine.store.set(name, VALUE, 0)
    for value in ("", "abc", "x" * (SECRET_BYTES_MAX + 1)):
        with pytest.raises(Refused) as refused:
            machine.store.set("A", value, 0)
        assert not value or value not in str(refused.value)
    assert NAMES_MAX > 1
    monkeypatch.setattr(store, "NAMES_MAX", 1)
    machine.store.set("A", VALUE, 0)
    with pytest.raises(Refused, match="full"):
        machine.store.set("B", VALUE, 0)


def test_what_is_not_there_is_told(machine):
    for act in (lambda: machine.store.read("A"), lambda: machine.store.remove("A"),
                machine.store.rekey):  # fmt: skip
        with pytest.raises(NotFound):
            act()
    machine.store.set("A", VALUE, 0)
    with pytest.raises(NotFound, match="no version 7"):
        machine.store.read("A", 7)


def test_a_store_of_a_later_format_or_of_nonsense_is_left_alone(machine):
    path = machine.data / "secrets.json"
    path.write_text('{"store": "a", "format": 2}')
    with pytest.raises(FolderTooNew):
        machine.store.entries()
    path.write_text("nonsense")
    with pytest.raises(SetupError, match="Restore it"):
        machine.store.set("A", VALUE, 0)
    assert path.read_text() == "nonsense"


def test_a_lost_key_is_told_and_never_replaced_by_another(machine):
    machine.store.set("A", VALUE, 0)
    machine.key_file.unlink()
    for act in (lambda: machine.store.read("A"), lambda: machine.store.set("B", VALUE, 0)):
        with pytest.raises(SetupError, match="Bring that key back"):
            act()
    assert not machine.key_file.exists()
    machine.store.remove("A")
    machine.store.set("A", "set anew", 0)
    assert machine.store.read("A")[0] == "set anew"


def test_two_stores_share_a_key_file_and_no_key(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one, two = (Machine(tmp_path / name) for name in ("one", "two"))
    two = SecretStore(two.data, one.environ)
    one.store.set("A", VALUE, 0)
    two.set("A", "of the other", 0)
    assert len(one.keys()) == 2
    before = one.keys()
    one.store.rekey()
    assert (one.store.read("A")[0], two.read("A")[0]) == (VALUE, "of the other")
    assert len(set(one.keys()) & set(before)) == 1


def test_rekey_leaves_values_and_no_old_key(machine):
    for number in range(3):
        machine.store.set("A", f"value {number}", number)
    machine.store.set("B", VALUE, 0)
    before, sealed = machine.keys(), machine.document()["secrets"]["B"]["versions"][0]["envelope"]
    done = machine.store.rekey()
    assert (done.count, done.old_stays) == (4, False)
    assert machine.store.read("A")[0] == "value 2"
    assert machine.store.read("A", 1)[0] == "value 0"
    after = machine.document()["secrets"]["B"]["versions"][0]["envelope"]
    assert len(machine.keys()) == 1
    assert not set(machine.keys()) & set(before)
    assert after["sealed"] == sealed["sealed"]  # the secret itself was not touched
    assert after["key_id"] != sealed["key_id"]


class Crash(BaseException):
    """A power cut."""


@pytest.mark.parametrize("step", range(12))
def test_a_rekey_interrupted_anywhere_loses_nothing(machine, monkeypatch, step):
    for number in range(3):
        machine.store.set(f"NAME{number}", f"value {number}", number)
    calls = count()

    def dies(act):
        def or_acts(*given, **named):
            if next(calls) == step:
                raise Crash
            return act(*given, **named)

        return or_acts

    with monkeypatch.context() as patch:
        for name in ("fsync", "open", "fchmod"):
            patch.setattr(private.os, name, dies(getattr(os, name)))
        patch.setattr(private.Path, "replace", dies(private.Path.replace))
        try:
            machine.store.rekey()
        except Crash:
            interrupted = True
        else:
            interrupted = False
    for _ in range(2):  # as it was left, and once it is finished
        found = [machine.store.read(f"NAME{number}")[0] for number in range(3)]
        assert found == ["value 0", "value 1", "value 2"]
        machine.store.set("NAME9", "set meanwhile", 9)
        machine.store.rekey()
    assert len(machine.keys()) == 1
    assert interrupted or step > 10


def test_an_operators_key_is_used_and_never_written(machine, tmp_path):
    old, new = key(), key()
    environ = {"EBBLINE_SECRETS_KEY": old}
    SecretStore(machine.data, environ).set("A", VALUE, 0)
    assert not machine.key_file.exists()
    with pytest.raises(Refused, match="behind the old one"):
        SecretStore(machine.data, environ).rekey()
    both = {"EBBLINE_SECRETS_KEY": f"{old},{new}"}
    done = SecretStore(machine.data, both).rekey()
    assert (done.count, done.old_stays) == (1, True)
    assert SecretStore(machine.data, {"EBBLINE_SECRETS_KEY": new}).read("A")[0] == VALUE
    with pytest.raises(SetupError, match="not in EBBLINE_SECRETS_KEY"):
        SecretStore(machine.data, environ).read("A")
    file = tmp_path / "operators.key"
    file.write_text(new + "\n")
    file.chmod(0o400)
    named = {"EBBLINE_SECRETS_KEY_FILE": str(file)}
    assert SecretStore(machine.data, named).read("A")[0] == VALUE
    with pytest.raises(Refused, match="in a new line"):
        SecretStore(machine.data, named).rekey()
    assert file.read_text() == new + "\n"


def test_keys_that_are_not_safe_or_none_are_refused(machine, tmp_path):
    machine.store.set("A", VALUE, 0)
    for mode in (0o640, 0o604, 0o620, 0o644, 0o777):
        machine.key_file.chmod(mode)
        with pytest.raises(SetupError, match=f"{mode:04o}.*chmod 600"):
            machine.store.read("A")
    machine.key_file.chmod(0o600)
    for text in ("nonsense", base64.b64encode(b"short").decode(), "é" * 44):
        with pytest.raises(SetupError, match="no key") as refused:
            SecretStore(machine.data, {"EBBLINE_SECRETS_KEY": text}).read("A")
        assert text not in str(refused.value)
    with pytest.raises(SetupError, match="no HOME"):
        SecretStore(machine.data, {}).read("A")
    with pytest.raises(SetupError, match="no regular file"):
        SecretStore(machine.data, {"EBBLINE_SECRETS_KEY_FILE": str(tmp_path)}).read("A")


def test_the_key_lies_where_xdg_says(machine, tmp_path):
    places = {"XDG_CONFIG_HOME": str(tmp_path / "xdg"), "HOME": str(tmp_path)}
    made = SecretStore(machine.data, places).set("A", VALUE, 0).key_made
    assert made == tmp_path / "xdg" / "ebbline" / "secrets.key"
    relative = {"XDG_CONFIG_HOME": "not/absolute", "HOME": str(tmp_path)}
    with pytest.raises(SetupError, match=r"\.config"):
        SecretStore(machine.data, relative).read("A")


def test_writers_at_the_same_time_lose_nothing(machine):
    names = [f"N{number}" for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        stores = [SecretStore(machine.data, machine.environ) for _ in names]
        list(pool.map(lambda pair: pair[1].set(pair[0], f"value of {pair[0]}", 0),
                      zip(names, stores, strict=True)))  # fmt: skip
    assert [machine.store.read(name)[0] for name in names] == [f"value of {n}" for n in names]
    assert len(machine.keys()) == 1


def test_a_disk_that_takes_nothing_is_told(machine):
    machine.store.set("A", VALUE, 0)
    (machine.data / "secrets.json.new").mkdir()
    with pytest.raises(SetupError, match="cannot be written"):
        machine.store.set("A", "second", 1)
    assert machine.store.read("A")[0] == VALUE
