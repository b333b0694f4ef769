"""A folder per outside system: pure `encode` and `classify`, limits as data, a sandbox.

A connector opens no socket and holds no secret; the host does both. What differs between
vendors stands in their folders and nowhere else.
"""

from ebbline.connectors.connector import Connector, Problem, Setup
from ebbline.connectors.registry import CONNECTORS, check, connector_of
from ebbline.connectors.request import Failure, Request, Response, Result

__all__ = [
    "CONNECTORS",
    "Connector",
    "Failure",
    "Problem",
    "Request",
    "Response",
    "Result",
    "Setup",
    "check",
    "connector_of",
]
