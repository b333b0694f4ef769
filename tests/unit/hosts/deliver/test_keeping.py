"""Secrets, orders and what is kept of attempts."""

from __future__ import annotations

import os

import pytest

from ebbline.connectors import Request, Response, connector_of
from ebbline.delivery import Address, Item, Outcome, Reply, Send, Value
from ebbline.errors import FolderTooNew, SetupError
from ebbline.hosts.embedded.deliver.attempts import AttemptLog
from ebbline.hosts.embedded.deliver.commands import Retry, Spool
from ebbline.hosts.embedded.deliver.limits import ATTEMPTS_MAX, BODY_BYTES_MAX
from ebbline.hosts.embedded.deliver.reading import list_deliveries, show_delivery
from ebbline.hosts.embedded.deliver.store import DeliveryStore
from ebbline.hosts.embedded.named_bell import drain
from ebbline.hosts.embedded.secrets.hiding import mask
from ebbline.hosts.embedded.secrets.references import resolve, with_secrets

DAY_MS = 86_400_000


def test_secrets_from_the_environment_and_from_files(tmp_path):
    path = tmp_path / "key"
    path.write_text("from-file\n")
    assert resolve("env:A", {"A": "from-env"}) == "from-env"
    assert resolve(f"file:{path}") == "from-file"
    for reference in ("env:B", "file:/no/such/file", f"file:{tmp_path}"):
        with pytest.raises(SetupError):
            resolve(reference, {})
    path.write_text("")
    with pytest.raises(SetupError, match="is empty"):
        resolve(f"file:{path}")


def test_references_are_followed_in_lists_and_headers():
    settings = {"url": "u", "secrets": ["env:A", "env:B"], "headers": {"X": "env:C", "Y": "plain"}}
    environ = {"A": "aaaa", "B": "bbbb", "C": "cccc"}
    followed, secrets = with_secrets(connector_of("webhook"), settings, environ)
    assert followed["secrets"] == ["aaaa", "bbbb"]
    assert followed["headers"] == {"X": "cccc", "Y": "plain"}
    assert mask("x aaaa cccc", secrets) == "x *** ***"
    with pytest.raises(SetupError, match="not hold it"):
        with_secrets(connector_of("webhook"), {"secret": "whsec_x"}, {})


def test_orders_wait_for_their_listener(tmp_path):
    spool = Spool(tmp_path)
    assert not spool.put(Retry(7), "1")
    bell = spool.listen()
    try:
        assert spool.put(Retry(), "2")
        assert os.read(bell, 10) == b"!"
        drain(bell)
        (tmp_path / "deliver-orders" / "3.json").write_text("nonsense")
        assert [order for _, order in spool.waiting()] == [Retry(7), Retry(), None]
    finally:
        os.close(bell)


def test_an_attempt_is_cut_and_forgotten_in_time(tmp_path):
    store = DeliveryStore(tmp_path / "delivery.db")
    known = store.destination("hook")
    log = AttemptLog(store.db)
    value = Value("vip", "audience", True, 1, 0, 0)
    for number in (1, 2):
        send = Send(number, "hook", (Item(Address("user_id", "ana"), (value,)),), number * DAY_MS)
        headers = (("X-Key", "topsecret"), ("Authorization", "Basic x"))
        request = Request("POST", "https://x.org/?k=topsecret", headers, b"y" * 100_000)
        log.depart(known.id, send, request, ("topsecret",))
        reply = Reply((Outcome("refused", "topsecret is no key"),))
        answer = Response(400, {"set-cookie": "s"}, b"topsecret again")
        log.arrive(send, answer, reply, number * DAY_MS + 5, ("topsecret",))
    shown = show_delivery(tmp_path, 1)
    assert "topsecret" not in str(shown)
    assert shown.delivery.reason == "*** is no key"
    assert shown.request["body"].endswith(f"... {100_000 - BODY_BYTES_MAX} more bytes")
    assert shown.response["headers"] == {"set-cookie": "***"}
    log.tidy(2, 9 * DAY_MS)
    assert show_delivery(tmp_path, 1).request is None
    assert show_delivery(tmp_path, 2).request is not None
    log.tidy(ATTEMPTS_MAX + 1, 9 * DAY_MS)
    assert [listed.id for listed in list_deliveries(tmp_path)] == [2]
    assert list_deliveries(tmp_path, before=2) == []
    store.close()


def test_a_newer_file_is_left_alone(tmp_path):
    store = DeliveryStore(tmp_path / "delivery.db")
    store.db.pragma("user_version", 99)
    store.close()
    with pytest.raises(FolderTooNew):
        DeliveryStore(tmp_path / "delivery.db")
