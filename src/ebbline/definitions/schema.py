"""JSON Schemas of the project's files, for editors: the loader's own tables, printed.

A schema helps while typing; `ebbline validate` decides, and says more than a schema can.
"""

from __future__ import annotations

from typing import Any

from ebbline.definitions.limits import NAME_LENGTH_MAX
from ebbline.definitions.project import shapes
from ebbline.definitions.project.fields import KINDS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, dict[str, Any]]:
    """A JSON Schema per kind of file: `ebbline.yml`, `audiences`, `traits` and so on.

    >>> sorted(schemas())[:2]
    ['audiences', 'destinations']
    """
    return {
        kind: {"$schema": DIALECT, "title": f"Ebbline: {kind}", **_schema(record)}
        for kind, record in KINDS.items()
    }


def _schema(shape: shapes.AnyShape) -> dict[str, Any]:
    match shape:
        case shapes.Record():
            return _record(shape)
        case shapes.NamedOf(item=item):
            names = {"minLength": 1, "maxLength": NAME_LENGTH_MAX}
            item_schema = _nullable(item)
            return {
                "type": ["object", "null"],
                "propertyNames": names,
                "additionalProperties": item_schema,
            }
        case shapes.ListOf(item=item):
            return {"type": "array", "items": _schema(item)}
        case shapes.Text(choices=choices, loose=loose, empty=empty):
            if choices:
                return {"type": "string", "enum": list(choices)}
            types = ["string", "number", "boolean"] if loose else ["string"]
            return {"type": [*types, "null"] if empty else types, "minLength": 0 if empty else 1}
        case shapes.Single():
            return {"type": ["string", "number", "boolean"]}
        case shapes.Rule():
            hint = "an expression of the rule language"
            return {"type": ["string", "number", "boolean"], "description": hint}
        case shapes.Length():
            return {"type": "string", "pattern": "^([0-9]+(ms|[smhdw]))+$"}
        case shapes.Size():
            return {"type": "string", "pattern": "^[0-9]+([.][0-9]+)? ?([KMGT]i?)?B$"}
        case shapes.Day():
            return {"type": "string", "format": "date"}
        case shapes.Number(whole=whole, least=least):
            bound = {} if least is None else {"minimum": least}
            return {"type": "integer" if whole else "number", **bound}
        case shapes.Flag():
            return {"type": "boolean"}
        case shapes.Mapping():
            return {"type": ["object", "null"]}
        case shapes.Anything():
            return {}


def _nullable(shape: shapes.AnyShape) -> dict[str, Any]:
    """The schema of an entry that may be left empty, as `Demo Watched:` in a tracking plan."""
    made = _schema(shape)
    if not isinstance(shape, shapes.Record) or shape.either:
        return made
    empty = not any(field.required for field in shape.fields)
    return {"anyOf": [made, {"type": "null"}]} if empty else made


def _record(record: shapes.Record) -> dict[str, Any]:
    properties = {}
    for field in record.fields:
        described = {"description": field.help} if field.help else {}
        properties[field.name] = {**_schema(field.shape), **described}
    made: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "additionalProperties": record.free,
    }
    required = [field.name for field in record.fields if field.required]
    if required:
        made["required"] = required
    if record.either:
        made["oneOf"] = [{"required": list(keys)} for keys in record.either]
    if record.short:
        return {"anyOf": [made, properties[record.short]]}
    return made
