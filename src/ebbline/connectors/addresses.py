"""Where a web address leads, and which places are not for requests: rules on text alone.

No name is looked up here and nothing is connected to; who makes requests also has to ask
`address_kind` about every address that a name turns out to have.
"""

from __future__ import annotations

import ipaddress
import re
from ipaddress import IPv4Address, IPv6Address

import msgspec

PORTS = {"https": 443, "http": 80}
"""The schemes that are spoken, with the port that each has when none is written."""

METADATA = "where a cloud hands out its machines' credentials"

_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in [
        "169.254.169.254",  # most clouds
        "169.254.170.2", "169.254.170.23",  # credentials of containers
        "100.100.100.200", "192.0.0.192", "168.63.129.16",
        "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254",
    ]
)  # fmt: skip

# After the IANA special-purpose registries (RFC 6890) and those of multicast and future use. The
# first that holds an address gives its name.
_KINDS_V4 = tuple(
    (ipaddress.IPv4Network(network), kind)
    for network, kind in [
        ("0.0.0.0/8", "an unspecified address"),
        ("10.0.0.0/8", "a private address"),
        ("100.64.0.0/10", "a private address of carrier-grade NAT"),
        ("127.0.0.0/8", "a loopback address"),
        ("169.254.0.0/16", "a link-local address"),
        ("172.16.0.0/12", "a private address"),
        ("192.0.0.0/24", "a reserved address"),
        ("192.0.2.0/24", "a documentation address"),
        ("192.88.99.0/24", "a reserved address"),
        ("192.168.0.0/16", "a private address"),
        ("198.18.0.0/15", "a benchmark address"),
        ("198.51.100.0/24", "a documentation address"),
        ("203.0.113.0/24", "a documentation address"),
        ("224.0.0.0/4", "a multicast address"),
        ("255.255.255.255/32", "the broadcast address"),
        ("240.0.0.0/4", "a reserved address"),
    ]
)
_KINDS_V6 = tuple(
    (ipaddress.IPv6Network(network), kind)
    for network, kind in [
        ("::/128", "an unspecified address"),
        ("::1/128", "a loopback address"),
        ("fe80::/10", "a link-local address"),
        ("fec0::/10", "a private address"),
        ("fc00::/7", "a private address"),
        ("ff00::/8", "a multicast address"),
        ("64:ff9b:1::/48", "a private address"),
        ("2001::/32", "a Teredo address"),
        ("2001:2::/48", "a benchmark address"),
        ("2001::/23", "a reserved address"),
        ("2001:db8::/32", "a documentation address"),
        ("2002::/16", "a 6to4 address"),
        ("3fff::/20", "a documentation address"),
    ]
)
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
# These stand for the IPv4 address in their last 32 bits: mapped (RFC 4291), NAT64 (RFC 6052).
_CARRIERS_V6 = (ipaddress.IPv6Network("::ffff:0:0/96"), ipaddress.IPv6Network("64:ff9b::/96"))
# Interface identifiers of ISATAP (RFC 5214, 6.1): what follows them is an IPv4 address.
_ISATAP = frozenset([0x0000_5EFE, 0x0200_5EFE])

_METADATA_NAMES = frozenset(
    ["metadata", "metadata.google.internal", "metadata.goog", "instance-data",
     "instance-data.ec2.internal"]
)  # fmt: skip
# Zones that no public name server answers for (RFC 6761, 6762, 8375, and what sites use).
_LOCAL_ZONES = (
    "localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "private",
    "home.arpa",
)  # fmt: skip

# Above the ports that a system keeps for known services, these speak something other than the
# web: databases, queues, caches, remote desktops, machine control.
_OTHER_PORTS = frozenset(
    [1433, 1521, 1719, 1720, 1723, 2049, 2181, 2375, 2376, 2379, 2380, 3306, 3389, 3659, 4045,
     4190, 5060, 5061, 5432, 5672, 5900, 6000, 6379, 6566, *range(6665, 6670), 6679, 6697, 9042,
     9092, 9200, 9300, 10250, 10255, 11211, 27017]
)  # fmt: skip

_UNPRINTED = re.compile(r"[\x00-\x20\x7f\\]")
_BEGINNING = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)")
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(.*))?")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
# A name cannot end so, yet it is how systems write IPv4 as 2130706433, 0x7f.1 or 127.1.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


class Target(msgspec.Struct, frozen=True):
    """Where a web address leads. `host` is a name in lower case, or an address in its usual
    form, without brackets."""

    scheme: str
    host: str
    port: int

    @property
    def address(self) -> IPv4Address | IPv6Address | None:
        """The address, if it is not a name."""
        return _address(self.host)

    def __str__(self) -> str:
        """As `EBBLINE_ALLOW_OUTBOUND` takes it.

        >>> print(Target("http", "::1", 8070))
        [::1]:8070
        """
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_target(url: str) -> Target | str:
    """Where a web address leads, or a sentence on why it cannot be one of ours.

    Stricter than any browser: what two programs might read differently is refused, so whoever
    makes the request later connects to what was looked at here.

    >>> read_target("https://Example.org/x")
    Target(scheme='https', host='example.org', port=443)
    >>> read_target("http://0x7f.1/")
    '0x7f.1 is an address in an odd form; write it as four decimal numbers.'
    """
    if _UNPRINTED.search(url):
        return "A web address must not hold a space, a backslash or a control character."
    beginning = _BEGINNING.match(url)
    scheme = beginning[1].lower() if beginning else ""
    if beginning is not None and scheme not in PORTS:
        return f"{scheme} is no scheme of the web; expected https://..."
    if beginning is None or not beginning[2]:
        return "This is no web address; expected https://..."
    if "@" in beginning[2]:
        return "A web address must not hold a user name or a password."
    parts = _AUTHORITY.fullmatch(beginning[2])
    if parts is None:
        return "A host is an address, or a name of ASCII letters, digits, hyphens (or xn--...)."
    host = _host(parts[1].lower())
    if host is None:
        return _odd(parts[1])
    port = PORTS[scheme] if parts[2] is None else _port(parts[2])
    return "A port is a number from 1 to 65535." if port is None else Target(scheme, host, port)


def address_kind(address: IPv4Address | IPv6Address) -> str:
    """What sets an address apart from those of the public internet; "" for nothing.

    >>> address_kind(ipaddress.ip_address("::ffff:10.0.0.1"))
    'a private address'
    """
    if address in _METADATA:
        return METADATA
    if isinstance(address, IPv4Address):
        return next((kind for network, kind in _KINDS_V4 if address in network), "")
    if address.scope_id is not None:
        return "an address with a zone"
    inner = IPv4Address(int(address) & 0xFFFF_FFFF)
    if any(address in network for network in _CARRIERS_V6):
        return address_kind(inner)
    for network, kind in _KINDS_V6:
        if address in network:
            return kind
    if address not in _GLOBAL_V6:
        return "a reserved address"
    isatap = (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP
    return address_kind(inner) if isatap else ""


def name_kind(name: str) -> str:
    """What sets a host's name apart from those of the public internet; "" for nothing.

    >>> name_kind("db.corp.internal"), name_kind("example.org")
    ('a name of a local network', '')
    """
    if name in _METADATA_NAMES:
        return METADATA
    if name == "localhost" or name.endswith(".localhost"):
        return "a loopback name"
    local = "." not in name or any(name.endswith(f".{zone}") for zone in _LOCAL_ZONES)
    return "a name of a local network" if local else ""


def port_kind(port: int) -> str:
    """Why the web is not spoken on a port; "" where it may be.

    >>> port_kind(8443), port_kind(25)
    ('', 'a port of other services than the web')
    """
    other = (port < 1024 and port not in PORTS.values()) or port in _OTHER_PORTS
    return "a port of other services than the web" if other else ""


def url_problem(url: str) -> str:
    """What is wrong with an address we are to send secrets and people's data to, as far as the
    project alone can tell; "" for nothing. Whether a local place may be reached, and in the
    clear, is for whoever runs the system to say.

    >>> url_problem("http://example.org")
    "http would show keys and people's data to the network; use https."
    """
    target = read_target(url)
    if isinstance(target, str):
        return target
    if target.scheme == "https":
        return ""
    address = target.address
    local = name_kind(target.host) if address is None else address_kind(address)
    return "" if local else "http would show keys and people's data to the network; use https."


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _host(text: str) -> str | None:
    """A host in its one form; None when it is neither a name nor an address."""
    address = _address(text.strip("[]"))
    if address is not None:
        return str(address) if text.startswith("[") == (address.version == 6) else None
    labels = text.split(".")
    if len(text) > 253 or _NUMBER.fullmatch(labels[-1]):
        return None
    return text if all(_LABEL.fullmatch(label) for label in labels) else None


def _odd(text: str) -> str:
    """What is wrong with a host that is none."""
    if text.startswith("[") or _NUMBER.fullmatch(text.lower().rpartition(".")[2]):
        return f"{text} is an address in an odd form; write it as four decimal numbers."
    ends = " (a dot ends it)" if text.endswith(".") else ""
    return f"{text} is no name of a host{ends}."


def _port(text: str) -> int | None:
    plain = text.isascii() and text.isdigit() and len(text) <= 5 and not text.startswith("0")
    return int(text) if plain and int(text) <= 65_535 else None
