"""The deliver process: follows the ledger, keeps delivery.db, makes every request."""

from ebbline.hosts.embedded.deliver.process import Deliver
from ebbline.hosts.embedded.deliver.running import run_deliver
from ebbline.hosts.embedded.deliver.transport import HttpTransport, Transport

__all__ = ["Deliver", "HttpTransport", "Transport", "run_deliver"]
