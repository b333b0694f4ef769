"""Write the methods of the API's clients from its OpenAPI document.

`python tools/client.py` writes src/ebbline/client/sync.py and waiting.py anew; a test holds them
to what this would write.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from ebbline.console.api.app import framework

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "src" / "ebbline" / "client"
SHAPES = ("access", "definitions", "deliveries", "people", "system")
REF = "#/components/schemas/"
HEAD = '''"""{title}. Written by tools/client.py from the OpenAPI document."""

from __future__ import annotations

from collections.abc import {iterator}, Sequence
from typing import Any, Literal

from ebbline.client.shapes import access, definitions, deliveries, people, system
from ebbline.client.wire import segment
from ebbline.client.{module} import {parent}


class {name}({parent}):
    """{text}"""
'''
Schemas = dict[str, Any]


def written() -> dict[Path, str]:
    """The text of each file, as the formatter has it."""
    document = framework().state.document
    both = {
        FOLDER / "sync.py": _module(document, waits=False),
        FOLDER / "waiting.py": _module(document, waits=True),
    }
    return {path: _formatted(text) for path, text in both.items()}


def _module(document: Schemas, *, waits: bool) -> str:
    head = HEAD.format(
        title=f"The {'asyncio' if waits else 'blocking'} client's methods",
        iterator="AsyncIterator" if waits else "Iterator",
        module="asking" if waits else "blocking", parent="Asking" if waits else "Blocking",
        name="AsyncClient" if waits else "Client",
        text="The management API for asyncio; use it in an `async with` block." if waits
        else "The management API; use it in a `with` block, from any thread.",
    )  # fmt: skip
    methods = [
        _method(path, verb.upper(), operation, document["components"]["schemas"], waits=waits)
        for path, verbs in document["paths"].items()
        for verb, operation in verbs.items()
    ]
    return head + "\n".join(methods)


def _method(path: str, verb: str, operation: Schemas, schemas: Schemas, *, waits: bool) -> str:
    needed, others, query, headers = ["self"], [], {}, {}
    for each in operation.get("parameters", []):
        name = each["name"].replace("-", "_")
        kind = _kind(each["schema"])
        if each["in"] == "query":
            query[each["name"]] = name
        elif each["in"] == "header":
            headers[each["name"]] = name
        if each["required"]:
            needed.append(f"{name}: {kind}")
        else:
            others.append(f"{name}: {_optional(kind)} = None")
        path = path.replace(f"{{{each['name']}}}", f"{{segment({name})}}")
    body = _body(operation, schemas, needed, others)
    star = ["*", *others] if others else []
    given, call = _call(path, verb, operation, _named(query), _named(headers), body, waits=waits)
    streams = "Iterator" in given
    define = "async def" if waits and not streams else "def"
    wait = "await " if waits and not streams else ""
    return (
        f"    {define} {operation['operationId']}({', '.join([*needed, *star])}) -> {given}:\n"
        f'        """{operation["summary"]}."""\n'
        f"        return {wait}{call}\n"
    )


def _body(operation: Schemas, schemas: Schemas, needed: list[str], others: list[str]) -> str:
    if "requestBody" not in operation:
        return ""
    name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    shape = schemas[name.removeprefix(REF)]
    for field, schema in shape["properties"].items():
        kind = _kind(schema)
        if field in shape.get("required", []):
            needed.append(f"{field}: {kind}")
        else:
            kind = kind.replace("list[", "Sequence[") if schema.get("default") == [] else kind
            others.append(f"{field}: {kind} = {_default(schema)}")
    return _named({field: field for field in shape["properties"]})


def _call(path: str, verb: str, operation: Schemas, query: str, headers: str, body: str, *,
          waits: bool) -> tuple[str, str]:  # fmt: skip
    """What a method gives, and the expression that asks."""
    reply = next(each for status, each in operation["responses"].items() if status[0] == "2")
    ((media, content),) = reply["content"].items()
    said = f'f"{path}"' if "{" in path else f'"{path}"'
    many = "AsyncIterator" if waits else "Iterator"
    match media:
        case "application/x-ndjson":
            return f"{many}[people.Member]", f"self._lines({said}, {query}, people.Member)"
        case "text/csv":
            return f"{many}[bytes]", f"self._chunks({said}, {query})"
        case "text/event-stream":
            asked = f"self._events({said}, {query}, {headers}, system.EventSeen)"
            return f"{many}[system.EventSeen]", asked
        case _:
            shape = _shape(content["schema"])
            more = f", {body}" if body else ""
            return shape, f'self._ask("{verb}", {said}, {query}, {shape}{more})'


def _shape(schema: Schemas) -> str:
    """The record of a reply, with its module."""
    if "$ref" not in schema:
        return "dict[str, Any]"
    name = schema["$ref"].removeprefix(REF)
    for module in SHAPES:
        text = (FOLDER / "shapes" / f"{module}.py").read_text("utf-8")
        if f"\nclass {name}(" in text:
            return f"{module}.{name}"
    message = f"no module of the shapes has {name}"
    raise LookupError(message)


def _kind(schema: Schemas) -> str:
    """A JSON schema as a type."""
    if "anyOf" in schema:
        return " | ".join(_kind(each) for each in schema["anyOf"])
    if "enum" in schema:
        return f"Literal[{', '.join(map(repr, schema['enum']))}]"
    match schema.get("type"):
        case "string":
            return "str"
        case "integer":
            return "int"
        case "number":
            return "float"
        case "boolean":
            return "bool"
        case "null":
            return "None"
        case "array":
            return f"list[{_kind(schema['items'])}]"
        case "object":
            inside = schema.get("additionalProperties")
            return f"dict[str, {_kind(inside) if isinstance(inside, dict) else 'Any'}]"
        case _:
            return "Any"


def _optional(kind: str) -> str:
    return kind if kind.endswith("None") else f"{kind} | None"


def _default(schema: Schemas) -> str:
    default = schema.get("default")
    return "()" if default == [] else repr(default)


def _named(names: dict[str, str]) -> str:
    return "{" + ", ".join(f'"{name}": {value}' for name, value in names.items()) + "}"


def _formatted(text: str) -> str:
    ruff = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "client.py", "-"]
    fixed = [sys.executable, "-m", "ruff", "check", "--fix", "--quiet", "--select", "I,F401",
             "--stdin-filename", "client.py", "-"]  # fmt: skip
    for command in (fixed, ruff):
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, check=True, cwd=ROOT
        )
        text = done.stdout
    return text


def main() -> None:
    """Write both files."""
    for path, text in written().items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
