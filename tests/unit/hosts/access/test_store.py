"""Keys in access.db: looked up at once, ended at once, whoever else writes."""

from __future__ import annotations

import threading

import pytest

from ebbline.errors import NotFound, Refused
from ebbline.hosts.embedded.access import ROLES, SCOPES, AccessStore, Buckets
from ebbline.hosts.embedded.access import store as module


@pytest.fixture
def store(tmp_path):
    with AccessStore(tmp_path) as store:
        yield store


def test_a_key_works_from_when_it_is_made_until_it_is_revoked_or_past_its_end(store):
    made = store.make("ci", "viewer", 1_000, "ana", expires_ms=2_000)
    assert store.who_has(made.text, 1_999) == made.key
    assert store.who_has(made.text, 2_000) is None
    store.revoke(made.key.id, 1_500)
    assert store.who_has(made.text, 1_600) is None


def test_what_another_process_changes_is_noticed_at_the_next_look(tmp_path, store):
    made = store.make("ci", "viewer", 0, "ana")
    assert store.who_has(made.text, 0) is not None
    with AccessStore(tmp_path) as other:
        later = other.make("second", "owner", 0, "ben")
        other.revoke(made.key.id, 5)
    assert store.who_has(made.text, 6) is None
    assert store.who_has(later.text, 6) == later.key


def test_a_look_waits_for_no_write(store):
    made, found = store.make("ci", "viewer", 0, "ana"), []
    with store._transaction():
        thread = threading.Thread(target=lambda: found.append(store.who_has(made.text, 0)))
        thread.start()
        thread.join(5)
        assert found == [made.key]


@pytest.mark.parametrize("text", ["", "ebk_", "ebk_" + "x" * 43, "x" * 100_000, "ebk_ü"])
def test_what_is_no_key_is_nobody(store, text):
    assert store.who_has(text, 0) is None


def test_keys_are_bounded(store, monkeypatch):
    monkeypatch.setattr(module, "KEYS_MAX", 2)
    first = store.make("a", "owner", 0, "ana")
    store.make("b", "owner", 0, "ana")
    with pytest.raises(Refused, match="revoke some"):
        store.make("c", "viewer", 0, "ana")
    store.revoke(first.key.id, 1)
    store.make("c", "viewer", 0, "ana")
    with pytest.raises(NotFound, match="no key 99"):
        store.revoke(99, 1)


def test_the_record_of_changes_goes_back_page_by_page(store):
    for number in range(5):
        store.tell(number, "ana", "act", f"target {number}", "x" * 10_000)
    first = store.changes(limit=2)
    assert [each.seq for each in first] == [5, 4]
    assert [each.seq for each in store.changes(first[-1].seq)] == [3, 2, 1]
    assert len(first[0].detail) == 4_000


def test_every_role_is_made_of_scopes_and_the_owner_has_all():
    assert ROLES["owner"] == set(SCOPES)
    for smaller, larger in zip(("viewer", "analyst", "builder", "admin"),
                               ("analyst", "builder", "admin", "owner"), strict=True):  # fmt: skip
        assert ROLES[smaller] < ROLES[larger] <= set(SCOPES)


def test_a_bucket_never_gives_more_than_its_rate_and_one_burst():
    buckets, given = Buckets(), 0
    for now_ms in range(0, 10_000, 7):
        given += 30 if buckets.take(1, 30, 100, now_ms) == 0 else 0
    assert 100 * 10 <= given <= 100 * (10 + 2)
