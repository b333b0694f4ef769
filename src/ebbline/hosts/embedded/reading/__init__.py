"""Looking into a data folder from outside, while its system runs or when it is stopped."""

from ebbline.hosts.embedded.reading.identity import Identity
from ebbline.hosts.embedded.reading.members_then import MembersThen, Rules, members_then
from ebbline.hosts.embedded.reading.past import at_instant
from ebbline.hosts.embedded.reading.reader import Reader
from ebbline.hosts.embedded.reading.records import (
    Count,
    Member,
    Membership,
    Person,
    Status,
    Told,
    Trait,
)
from ebbline.hosts.embedded.reading.supposing import Supposed, suppose

__all__ = [
    "Count",
    "Identity",
    "Member",
    "MembersThen",
    "Membership",
    "Person",
    "Reader",
    "Rules",
    "Status",
    "Supposed",
    "Told",
    "Trait",
    "at_instant",
    "members_then",
    "suppose",
]
