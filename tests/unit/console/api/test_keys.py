"""Keys: made, narrowed, limited, revoked; and what is kept of them."""

from __future__ import annotations

import apsw
import pytest

from ebbline.console.api.routes import Routes
from ebbline.errors import Invariant
from tests.suites.api.prepared import new_key
from tests.unit.console.api.test_people import problem


def test_a_key_is_shown_once_and_kept_as_a_hash(own_api):
    made = own_api.data("/v1/keys", {"name": "ci", "role": "builder"}, code=201)
    assert made["text"].startswith("ebk_")
    assert own_api.data("/v1/me", key=made["text"])["role"] == "builder"
    assert made["text"] not in own_api("/v1/keys").text
    stored = b"".join(
        file.read_bytes() for file in own_api.app.context.folder.path.glob("access.db*")
    )
    assert made["text"].encode() not in stored


def test_a_revoked_key_ends_at_once_also_when_another_process_revoked_it(own_api):
    made = own_api.data("/v1/keys", {"name": "ci", "role": "viewer"}, code=201)
    own_api("/v1/me", key=made["text"])
    other = apsw.Connection(str(own_api.app.context.folder.path / "access.db"))
    other.execute("UPDATE keys SET revoked_ms = 1 WHERE id = ?", (made["key"]["id"],))
    other.close()
    assert problem(own_api("/v1/me", key=made["text"], code=401))["code"] == "unauthenticated"


def test_the_last_owners_key_stays(own_api):
    me = own_api.data("/v1/me")
    told = problem(own_api(f"/v1/keys/{me['key']}", method="DELETE", code=409))
    assert "last owner" in told["detail"]
    own_api.data("/v1/keys", {"name": "second", "role": "owner"}, code=201)
    own_api(f"/v1/keys/{me['key']}", method="DELETE")
    own_api("/v1/me", code=401)


def test_a_key_cannot_make_one_that_may_more(own_api):
    narrow = new_key(own_api.app.context, "owner", only=["keys:manage"])
    told = problem(own_api("/v1/keys", {"name": "x", "role": "viewer"}, key=narrow, code=403))
    assert "more than itself" in told["detail"]
    wanted = {"name": "x", "role": "owner", "scopes": ["keys:manage"]}
    assert own_api.data("/v1/keys", wanted, key=narrow, code=201)["key"]["scopes"] == [
        "keys:manage"
    ]


@pytest.mark.parametrize(
    "wanted",
    [
        {"name": " ", "role": "viewer"},
        {"name": "x", "role": "viewer", "scopes": ["keys:manage"]},
        {"name": "a\nb", "role": "viewer"},
    ],
)
def test_a_key_that_will_not_do_is_refused(own_api, wanted):
    assert problem(own_api("/v1/keys", wanted, code=409))["code"] == "refused"


def test_a_key_that_asks_too_much_is_told_when_to_come_again(own_api):
    key = new_key(own_api.app.context, "viewer", units=10)
    own_api("/v1/me", key=key)
    own_api("/v1/me", key=key)
    response = own_api("/v1/me", key=key, code=429)
    assert problem(response)["code"] == "rate_limited"
    assert 1 <= int(response.headers["retry-after"]) <= 2
    own_api("/v1/me")  # another key is not held up


def test_the_record_of_changes_cannot_be_changed(own_api):
    own_api.data("/v1/keys", {"name": "ci", "role": "viewer"}, code=201)
    db = apsw.Connection(str(own_api.app.context.folder.path / "access.db"))
    for statement in ("DELETE FROM changes", "UPDATE changes SET who = 'x'"):
        with pytest.raises(apsw.ConstraintError, match="append only"):
            db.execute(statement)
    db.close()
    assert [each["action"] for each in own_api.data("/v1/audit")["changes"]] == ["create_key"]


def test_a_route_without_a_scope_cannot_be_declared():
    routes = Routes("test")
    with pytest.raises(TypeError, match="scope"):
        routes.get("/v1/open", gives={})
    with pytest.raises(Invariant, match="no role can have"):
        routes.get("/v1/open", scope="everything", gives={})


def test_what_changes_nothing_is_not_recorded(own_api):
    own_api("/v1/validate", {})
    own_api("/v1/overrides", {"user": "nobody", "audience": "x", "inside": True}, code=404)
    assert own_api.data("/v1/audit")["changes"] == []
