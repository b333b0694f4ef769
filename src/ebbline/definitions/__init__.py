"""Project files and the rule language in, one checked, serialisable `Plan` out."""

from ebbline.definitions.check import check_rule
from ebbline.definitions.english import sentence
from ebbline.definitions.findings import Finding, render, render_all
from ebbline.definitions.known import Known
from ebbline.definitions.naming import event_aliases
from ebbline.definitions.parse import Parsed, parse_rule
from ebbline.definitions.plan import Plan, decode_plan, encode_plan
from ebbline.definitions.printer import print_rule
from ebbline.definitions.project import (
    Example,
    ExampleEvent,
    Expectation,
    Loaded,
    load_files,
    load_project,
)
from ebbline.definitions.schema import schemas

__all__ = [
    "Example",
    "ExampleEvent",
    "Expectation",
    "Finding",
    "Known",
    "Loaded",
    "Parsed",
    "Plan",
    "check_rule",
    "decode_plan",
    "encode_plan",
    "event_aliases",
    "load_files",
    "load_project",
    "parse_rule",
    "print_rule",
    "render",
    "render_all",
    "schemas",
    "sentence",
]
