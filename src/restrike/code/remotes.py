"""Addresses of git remotes, without the credentials that people leave in them."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_SSH = ("ssh", "git+ssh", "ssh+git")


def without_credentials(address: str) -> str:
    """Return a remote's address without user, password, token, query and fragment.

    The login name of an ssh address stays (`git@`): it is part of where, not of who. The command of a transport helper
    (`ext::...`) is dropped, since nobody can tell what is secret in it.
    """
    if helper := re.match(r"[A-Za-z0-9]+::", address):
        return helper.group()
    match = _ADDRESS.fullmatch(address)
    if match is None:
        # host:path, where a password can only stand by mistake (user:password@host:path)
        return re.sub(r"^[^/@:]*:[^/@]*@", "", address)
    scheme, rest = match.groups()
    login, rest = _split_login(rest)
    rest = re.split(r"[?#]", rest, maxsplit=1)[0]
    if login and scheme.lower() in _SSH:
        rest = f"{login.split(':', 1)[0]}@{rest}"
    return f"{scheme}://{rest}"


def _split_login(rest: str) -> tuple[str, str]:
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in host:
        login, _, _ = host.rpartition("@")
        return login, rest[len(login) + 1 :]
    if "@" in rest and ":" in host:
        # Most likely a password with a slash in it: everything up to the last @ goes, rather too much than too little.
        login, _, rest = rest.rpartition("@")
        return login, rest
    return "", rest
