"""Project files and the rule language in, one checked, serialisable `Plan` out."""

from ebbline.definitions.parse import Parsed, parse_rule
from ebbline.definitions.plan import Plan

__all__ = ["Parsed", "Plan", "parse_rule"]
