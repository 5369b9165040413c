"""The hosts that a step may reach: how they are written, and which of what is asked for they allow.

`NAME`, `*.NAME` (every name below it, not itself) or an address, each alone (the two ports of the web) or with `:PORT`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

WEB = (80, 443)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_WRITTEN = re.compile(r"(?:\[(?P<six>[^\[\]]*)\]|(?P<name>[^:\[\]]*))(?::(?P<port>\d{1,5}))?")
_LONGEST = 253


class NotAHost(ValueError):
    """A text names no host; the message follows its subject ("... is no name of a host")."""


@dataclass(frozen=True)
class Host:
    """A host with one port, or, where `port` is None, with those of the web."""

    name: str
    port: int | None = None

    def __str__(self) -> str:
        if self.port is None:
            return self.name
        return f"[{self.name}]:{self.port}" if ":" in self.name else f"{self.name}:{self.port}"

    def allows(self, name: str, port: int) -> bool:
        """Say whether a name, spelled as `spelled` has it, may be reached at a port."""
        if port not in (WEB if self.port is None else (self.port,)):
            return False
        return name.endswith(self.name[1:]) if self.name.startswith("*.") else name == self.name


def parse(text: str) -> Host:
    """Read a host as it is declared. Raise NotAHost."""
    if "/" in text:
        raise NotAHost(f"has to be a host, not a URL or a path: '{text}'{_meant(text)}")
    if text.strip("*.") == "":
        raise NotAHost(f"names no host: '{text}'; 'network: true' grants every host")
    name, port = divided(text)
    if name.startswith("*."):
        below = spelled(name[2:])
        if is_address(below):
            raise NotAHost(f"names no host: '{text}'; an address has no names below it")
        return Host("*." + below, port)
    return Host(spelled(name), port)


def divided(text: str) -> tuple[str, int | None]:
    """Return name and port of `NAME[:PORT]`, `[ADDRESS][:PORT]` or a bare address. Raise NotAHost."""
    if text.count(":") > 1 and not text.startswith("["):
        return text, None
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise NotAHost(f"names no host: '{text}'")
    if found["six"] is not None and ":" not in found["six"]:
        raise NotAHost(f"names no host: '{text}'")
    port = int(found["port"]) if found["port"] else None
    if port is not None and not 0 < port < 65536:
        raise NotAHost(f"has no port {port}: '{text}'")
    return str(found["six"] or found["name"] or ""), port


def spelled(name: str) -> str:
    """Return a name or an address as it is compared: lower case, in the letters of the wire. Raise NotAHost."""
    if _looks_like_address(name):
        import ipaddress  # not at import: every zygote would pay for it

        try:
            return str(ipaddress.ip_address(name))
        except ValueError:
            raise NotAHost(f"is no address: '{name}'") from None
    try:
        wire = name.removesuffix(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise NotAHost(f"is no name of a host: '{name}'") from None
    if not wire or len(wire) > _LONGEST or not all(_LABEL.fullmatch(label) for label in wire.split(".")):
        raise NotAHost(f"is no name of a host: '{name}'")
    if _looks_like_address(wire):  # once letters that nobody sees are left out
        raise NotAHost(f"is no address: '{name}'")
    return wire


def is_address(name: str) -> bool:
    """Say whether a name, spelled as `spelled` has it, is an address."""
    return _looks_like_address(name)


def allowed(hosts: Iterable[Host], name: str, port: int) -> bool:
    """Say whether any of the hosts allows a name, spelled as `spelled` has it, at a port."""
    return any(host.allows(name, port) for host in hosts)


def _looks_like_address(name: str) -> bool:
    # Resolvers take any name that ends in a number for an address, in forms (0x7f.1, 2130706433) nobody would expect.
    last = name.removesuffix(".").rpartition(".")[2].lower()
    return ":" in name or last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last) is not None


def _meant(text: str) -> str:
    host = text.rpartition("://")[2].partition("/")[0].rpartition("@")[2]
    try:
        return f"; did you mean '{parse(host)}'?" if host else ""
    except NotAHost:
        return ""
