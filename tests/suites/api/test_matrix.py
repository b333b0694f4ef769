"""Every operation of the document, with every role and every kind of key: who gets in."""

from __future__ import annotations

import asyncio
import re

import pytest

from ebbline.hosts.embedded.access import ROLES
from tests.suites.api.prepared import ask, new_key, prepare, served

NOBODY = {
    "no key": {},
    "a bad key": {"authorization": "Bearer ebk_" + "A" * 43},
    "no bearer": {"authorization": "Basic dXNlcjpwYXNz"},
    "an empty key": {"authorization": "Bearer "},
}


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    with served(*prepare(tmp_path_factory.mktemp("api"))) as made:
        yield made


def operations(app):
    """Method, a path with stand-ins, and what the document says of it."""
    for path, methods in app.routes.state.document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), re.sub(r"\{(\w+)\}", "999999", path), operation


def statuses(app, requests):
    """The status of each of some (method, path, headers)."""

    async def all_of_them():
        # `seconds` is for live events, which would else go on.
        return [
            (await ask(app, method, f"{path}?seconds=0", b"", headers)).status_code
            for method, path, headers in requests
        ]

    return asyncio.run(all_of_them())


def test_every_role_gets_where_its_scopes_say_and_nowhere_else(api):
    app, _ = api
    app.context.access.make("another owner", "owner", 0, "test")
    asked, allowed = [], []
    for role, scopes in ROLES.items():
        bearer = {"authorization": f"Bearer {new_key(app.context, role)}"}
        for method, path, operation in operations(app):
            asked.append((method, path, bearer))
            allowed.append((role, method, path, operation["x-scope"] in scopes))
    found = statuses(app, asked)
    wrong = [
        (*each, status) for each, status in zip(allowed, found, strict=True)
        if (status not in (401, 403)) != each[3]
    ]  # fmt: skip
    assert len(found) == 5 * sum(1 for _ in operations(app))
    assert wrong == []
    assert 401 not in found


def test_nobody_gets_anywhere_without_a_key_that_works(api):
    app, _ = api
    revoked, past = new_key(app.context), new_key(app.context, expires_ms=1)
    number = app.context.access.who_has(revoked, 0).id
    app.context.access.revoke(number, 1)
    kinds = NOBODY | {
        "a revoked key": {"authorization": f"Bearer {revoked}"},
        "a key past its end": {"authorization": f"Bearer {past}"},
    }
    requests = [
        (method, path, headers)
        for headers in kinds.values()
        for method, path, _ in [*operations(app), ("GET", "/v1/nothing", {}), ("GET", "/", {})]
    ]
    assert set(statuses(app, requests)) == {401}


def test_a_narrowed_key_gets_only_where_it_was_narrowed_to(api):
    app, _ = api
    bearer = {"authorization": f"Bearer {new_key(app.context, only=['memberships:read'])}"}
    listed = list(operations(app))
    found = statuses(app, [(method, path, bearer) for method, path, _ in listed])
    inside = {each[2]["x-scope"] for each, status in zip(listed, found, strict=True)
              if status not in (401, 403)}  # fmt: skip
    assert inside == {"memberships:read"}


def test_every_operation_has_a_scope_and_says_how_it_refuses(api):
    app, _ = api
    document = app.routes.state.document
    for _, path, operation in operations(app):
        assert operation["x-scope"] in document["x-scopes"], path
        assert {"401", "403", "429", "500", "503"} <= set(operation["responses"]), path
        assert operation["summary"], path
        assert operation["operationId"], path
        for status, reply in operation["responses"].items():
            problem = int(status) >= 400
            media = set(reply["content"])
            assert (media == {"application/problem+json"}) == problem, (path, status)
            if problem or media == {"application/json"}:
                schema = next(iter(reply["content"].values()))
                assert "example" in schema or "$ref" not in schema["schema"], (path, status)
