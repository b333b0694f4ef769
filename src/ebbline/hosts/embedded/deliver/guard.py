"""Which requests may leave at all: nobody's project gets at what only this machine can reach.

A guard judges addresses it is shown; looking names up and connecting is the transport's. What
an operator has allowed is the only exception, and stands in the environment, not in a project.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Self

import msgspec

from ebbline.connectors.addresses import (
    METADATA,
    PORTS,
    Target,
    address_kind,
    name_kind,
    port_kind,
    read_target,
)
from ebbline.errors import EbblineError, SetupError

ALLOW_VARIABLE = "EBBLINE_ALLOW_OUTBOUND"

_ANY_PORT = 0
_Address = IPv4Address | IPv6Address


class RequestRefused(EbblineError):
    """A request that must not be made: the project or the operator's list has to change."""


class _Entry(msgspec.Struct, frozen=True):
    """What the operator allows: a name or addresses, at one port or at any."""

    name: str
    within: IPv4Network | IPv6Network | None
    port: int

    def covers(self, target: Target, address: _Address | None) -> bool:
        """Whether a target is meant, `address` being one it turned out to have."""
        if self.port not in (_ANY_PORT, target.port):
            return False
        alone = self.within is not None and self.within.num_addresses == 1
        if address is not None and not alone and address_kind(address) == METADATA:
            return False
        if self.within is None:
            return self.name == target.host
        return address is not None and _plain(address) in self.within


class Guard:
    """Refuses what is not a place on the public internet, reached by TLS.

    `allow` lifts that for exactly what it names, each `host`, `host:port` or a network such as
    `10.20.0.0/16`. A name that is listed may have any address but a cloud's metadata address:
    that one has to be listed itself. Raises SetupError on an entry that is none of these.

    >>> Guard().check("https://example.org/hook")
    Target(scheme='https', host='example.org', port=443)
    >>> Guard(["127.0.0.1"]).check("http://127.0.0.1:8070/hook")
    Target(scheme='http', host='127.0.0.1', port=8070)
    """

    def __init__(self, allow: Iterable[str] = ()) -> None:
        self._entries = tuple(_entry(text) for text in allow)
        self._by_address = any(entry.within is not None for entry in self._entries)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """The guard with what EBBLINE_ALLOW_OUTBOUND lists, separated by commas."""
        listed = (entry.strip() for entry in environ.get(ALLOW_VARIABLE, "").split(","))
        return cls(entry for entry in listed if entry)

    def check(self, url: str) -> Target:
        """Where a URL leads, judged by all that can be said without looking a name up.

        Raises RequestRefused with a sentence; it never holds the URL's path, which may be
        secret.
        """
        target = read_target(url)
        if isinstance(target, str):
            raise RequestRefused(target)
        address = target.address
        if address is None:
            self._vet_name(target)
        else:
            self._vet_address(target, address)
        return target

    def vet(self, target: Target, addresses: Iterable[str]) -> None:
        """Judge a target by the addresses it turned out to have: all of them, or none.

        Of a scheme other than http and https (mail, a database) only the place is judged: its
        transport knows which ports and what encryption it needs.

        Raises RequestRefused when one of them is not to be connected to.
        """
        if target.address is None:
            self._vet_name(target)
        for text in addresses:
            self._vet_address(target, ipaddress.ip_address(text))

    def lists(self, target: Target) -> bool:
        """Whether the operator listed this host by its name."""
        return bool(self._covering(target, None))

    def _vet_name(self, target: Target) -> None:
        entries = self._covering(target, None)
        if not entries and (kind := name_kind(target.host)):
            raise RequestRefused(f"{target.host} is {kind}. {_advice(target)}")
        if entries or not self._by_address:  # else a listed network may hold its addresses
            _vet_way(target, entries)

    def _vet_address(self, target: Target, address: _Address) -> None:
        entries = self._covering(target, address)
        if not entries and (kind := address_kind(address)):
            raise _refused(target, address, kind)
        _vet_way(target, entries)

    def _covering(self, target: Target, address: _Address | None) -> tuple[_Entry, ...]:
        return tuple(entry for entry in self._entries if entry.covers(target, address))


def _vet_way(target: Target, entries: tuple[_Entry, ...]) -> None:
    """A port of other services has to be listed itself; for http any entry does."""
    if target.scheme not in PORTS:
        return
    if (kind := port_kind(target.port)) and all(entry.port != target.port for entry in entries):
        raise RequestRefused(f"{target.port} is {kind}. {_advice(target)}")
    if target.scheme != "https" and not entries:
        message = "http would show keys and people's data to the network; use https."
        raise RequestRefused(f"{message} {_advice(target)}")


def _refused(target: Target, address: _Address, kind: str) -> RequestRefused:
    if target.address is not None:
        return RequestRefused(f"{target.host} is {kind}. {_advice(target)}")
    at = target if kind != METADATA else Target(target.scheme, str(address), target.port)
    return RequestRefused(f"{target.host} has the address {address}, {kind}. {_advice(at)}")


def _advice(target: Target) -> str:
    return f"If requests are meant to go there, list {target} in {ALLOW_VARIABLE}."


def _entry(text: str) -> _Entry:
    """An entry as the operator writes it."""
    if "/" in text:
        try:
            return _Entry("", ipaddress.ip_network(text), _ANY_PORT)
        except ValueError:
            raise _no_entry(text) from None
    host = f"[{text}]" if text.count(":") > 1 and not text.startswith("[") else text
    target = read_target(f"https://{host}")
    if isinstance(target, str) or not set(host).isdisjoint("?#"):
        raise _no_entry(text)
    port = target.port if ":" in host.rpartition("]")[2] else _ANY_PORT
    address = target.address
    if address is None:
        return _Entry(target.host, None, port)
    return _Entry("", ipaddress.ip_network(_plain(address)), port)


def _no_entry(text: str) -> SetupError:
    return SetupError(
        f'{ALLOW_VARIABLE} has "{text}", which is no host, host:port or network; expected for'
        ' example "hooks.corp.internal:8443,10.20.0.0/16".'
    )


def _plain(address: _Address) -> _Address:
    """The IPv4 address that a mapped one stands for."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
