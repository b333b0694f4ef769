"""What every vendor's sandbox shares: an ASGI app, a log of requests, faults on request."""

from ebbline.connectors.sandbox.app import SandboxApp, Vendor
from ebbline.connectors.sandbox.faults import Fault, Faults

__all__ = ["Fault", "Faults", "SandboxApp", "Vendor"]
