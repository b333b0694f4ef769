"""The editors' schemas and the loader agree on the template, as both come from one table."""

from __future__ import annotations

import json
from pathlib import Path

from ruamel.yaml import YAML

import ebbline
from ebbline.definitions import schemas
from ebbline.definitions.project.fields import KINDS

SHOP = Path(ebbline.__file__).parent / "console" / "templates" / "shop"


def test_every_kind_of_file_has_a_schema() -> None:
    assert schemas().keys() == KINDS.keys()
    assert json.loads(json.dumps(schemas())) == schemas()


def test_keys_of_the_template_are_in_the_schemas() -> None:
    made = schemas()
    for path in SHOP.rglob("*.yml"):
        kind = path.relative_to(SHOP).parts[0]
        content = YAML(typ="safe", pure=True).load(path)
        assert content.keys() <= made[kind]["properties"].keys(), path


def test_unknown_keys_are_refused_but_for_connectors() -> None:
    made = schemas()
    audience = made["audiences"]["properties"]["audiences"]["additionalProperties"]
    assert audience["additionalProperties"] is False
    either = [one["required"] for one in audience["oneOf"]]
    assert either == [["when"], ["enter_when", "exit_when"], ["sql", "refresh"]]
    destinations = made["destinations"]["properties"]["destinations"]
    assert destinations["additionalProperties"]["additionalProperties"] is True
