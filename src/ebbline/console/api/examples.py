"""An example of a shape, put together from the examples of its fields."""

from __future__ import annotations

from typing import Any

_ROOT = "#/components/schemas/"
_PLAIN: dict[str, Any] = {
    "string": "", "integer": 0, "number": 0.0, "boolean": True, "object": {}, "null": None,
}  # fmt: skip


def example_of(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """What a schema may look like."""
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].removeprefix(_ROOT)], schemas)
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], schemas)
    if schema.get("type") == "array":
        items = schema.get("items")
        return [example_of(items, schemas)] if isinstance(items, dict) else []
    if "properties" in schema:
        return {name: example_of(each, schemas) for name, each in schema["properties"].items()}
    return _PLAIN.get(schema.get("type", ""))
