"""The OpenAPI 3.1 document: the routes as the framework sees them, with our own shapes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ebbline.client.shapes.access import Problem
from ebbline.client.shapes.people import Member
from ebbline.client.shapes.system import EventSeen
from ebbline.console.api.examples import example_of
from ebbline.console.api.problems import CODES, DOCS
from ebbline.console.api.routes import GuardedRoute, Routes, declared_of
from ebbline.hosts.embedded.access import ROLES, SCOPES

_TEXT = """\
Everything that the command line can do, for programs. Every request bears a key:
`Authorization: Bearer ebk_...`. Errors are problem details with a stable `code`; what each
means stands in docs/reference/api.md.
"""


def document(app: FastAPI, routes: Iterable[Routes]) -> dict[str, Any]:
    """The document of an application with these routes."""
    found = get_openapi(
        title=app.title, version=app.version, openapi_version="3.1.0", description=_TEXT,
        routes=app.routes,
    )  # fmt: skip
    found["servers"] = [{"url": "/"}]
    schemas = _schemas(routes)
    found["components"] = {
        "schemas": schemas,
        "securitySchemes": {
            "key": {"type": "http", "scheme": "bearer", "bearerFormat": "ebk_",
                    "description": "A key made by `ebbline key create`"},
        },
    }  # fmt: skip
    found["x-scopes"] = dict(SCOPES)
    found["x-roles"] = {role: sorted(scopes) for role, scopes in ROLES.items()}
    for path in found["paths"].values():
        for operation in path.values():
            _complete(operation, schemas)
    return found


def _schemas(routes: Iterable[Routes]) -> dict[str, Any]:
    """Every shape that a route takes or gives, and those inside them."""
    kinds: list[Any] = [Problem, EventSeen, Member]
    for route in (each for topic in routes for each in topic.router.routes):
        assert isinstance(route, GuardedRoute)
        declared = declared_of(route)
        kinds += [kind for kind in (declared.gives, declared.takes) if isinstance(kind, type)]
    _, found = msgspec.json.schema_components(
        list(dict.fromkeys(kinds)), ref_template="#/components/schemas/{name}"
    )
    return dict(sorted(found.items()))


def _complete(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Examples for bodies and replies."""
    body = operation.get("requestBody", {}).get("content", {})
    for content in body.values():
        content["example"] = example_of(content["schema"], schemas)
    for status, each in operation["responses"].items():
        for media, content in each.get("content", {}).items():
            if media.endswith("problem+json"):
                content["example"] = _problem(int(status), each["description"])
            elif "json" in media and "$ref" in content["schema"]:
                content["example"] = example_of(content["schema"], schemas)
        if status == "429":
            seconds = {"schema": {"type": "integer", "minimum": 1}, "required": True,
                       "description": "Seconds after which to come again"}  # fmt: skip
            each["headers"] = {"Retry-After": seconds}


def _problem(status: int, description: str) -> dict[str, Any]:
    """The first problem that a reply's description names."""
    code = description.split("`")[1]
    title = CODES[code][1]
    return {
        "type": f"{DOCS}{code}", "title": title, "status": status, "code": code,
        "detail": f"{title}.", "instance": "/v1/...", "errors": [],
    }  # fmt: skip
