"""Other ways than HTTP for a request to leave, and what chooses between them."""

from ebbline.hosts.embedded.deliver.transports.file import FileTransport
from ebbline.hosts.embedded.deliver.transports.router import Router, every_way
from ebbline.hosts.embedded.deliver.transports.sql import SqlTransport

__all__ = ["FileTransport", "Router", "SqlTransport", "every_way"]
