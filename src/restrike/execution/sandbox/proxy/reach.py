"""A connection to a host, if a list of hosts allows it: to the very address that was looked up and judged."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from typing import Any

from restrike.pipeline.hosts import Host, allowed, is_address

CONNECT_SECONDS = 30.0

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Resolved = tuple[socket.AddressFamily, Any]


class Refused(Exception):
    """The list does not allow what was asked for: it is not named or, if it is, `leads_to` what is not."""

    def __init__(self, leads_to: str | None = None):
        super().__init__(
            f"leads to {leads_to}, which is no public address and not named itself"
            if leads_to
            else "is not among the named hosts"
        )
        self.leads_to = leads_to


class Unreachable(Exception):
    """An allowed host has no address, or did not answer."""


def connect(hosts: Sequence[Host], name: str, port: int) -> socket.socket:
    """Return a connection. Raise Refused or Unreachable; of several addresses the first that answers is taken."""
    if not allowed(hosts, name, port):
        raise Refused
    resolved = _resolve(name, port)
    fit = [item for item in resolved if _may_be_reached(hosts, name, item)]
    if not fit:
        raise Refused(str(_plain(resolved[0])))
    for family, address in fit:
        try:
            return _connected(family, address)
        except OSError as error:
            refused = error
    raise Unreachable(refused.strerror or str(refused))


def is_public(address: _Address) -> bool:
    """Say whether an address is one of the public internet: not this machine's, a local network's or a group's."""
    plain = _unwrapped(address)
    return plain.is_global and not plain.is_multicast and not plain.is_reserved


def _resolve(name: str, port: int) -> list[_Resolved]:
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Unreachable(error.strerror or str(error)) from error
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def _may_be_reached(hosts: Sequence[Host], name: str, resolved: _Resolved) -> bool:
    if is_address(name):
        return True  # it was named itself
    address = _plain(resolved)
    if is_public(address) and not _is_own(resolved):
        return True
    if name == "localhost" and address.is_loopback:
        return True
    return allowed(hosts, str(address), resolved[1][1])


def _plain(resolved: _Resolved) -> _Address:
    return _unwrapped(ipaddress.ip_address(resolved[1][0].partition("%")[0]))


def _unwrapped(address: _Address) -> _Address:
    """Return the address of version 4 that one of version 6 stands for, where it does."""
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped or address.sixtofour or address
    return address


def _is_own(resolved: _Resolved) -> bool:
    """Say whether an address is this machine's own: to reach it, one would set out from it. Nothing is sent."""
    family, address = resolved
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(address)
        except OSError:
            return False
        return bool(probe.getsockname()[0] == address[0])


def _connected(family: socket.AddressFamily, address: Any) -> socket.socket:
    server = socket.socket(family, socket.SOCK_STREAM)
    try:
        server.settimeout(CONNECT_SECONDS)
        server.connect(address)
        server.settimeout(None)
    except BaseException:
        server.close()
        raise
    return server
