"""Hash-pinned requirement files: the form in which a lock is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from restrike.environment.metadata import normalised

_PIN = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^\]]*\])?\s*==\s*(?P<version>[^\s;,]+)\s*(?P<rest>.*)\Z")
_HASH = re.compile(r"--hash[=\s]+(sha256:[0-9a-f]{64})")


@dataclass(frozen=True)
class Pin:
    """One distribution at one version, with the hashes of the files that it may be installed from."""

    version: str
    hashes: frozenset[str]  # "sha256:..."
    conditional: bool = False  # holds for some platforms or Pythons only


def parse(text: str) -> dict[str, Pin]:
    """Return the pins of a requirements file by normalised name; what is not pinned by `==` is left out."""
    pins = {}
    for line in text.replace("\\\n", " ").splitlines():
        if match := _PIN.match(line.partition(" #")[0].strip()):
            hashes = frozenset(_HASH.findall(match["rest"]))
            pins[normalised(match["name"])] = Pin(match["version"], hashes, match["rest"].lstrip().startswith(";"))
    return pins


def render(pins: Mapping[str, Pin]) -> str:
    """Return a requirements file in which everything is pinned and hashed, and nothing else is said."""
    lines = []
    for name in sorted(pins):
        hashes = [f"--hash={text}" for text in sorted(pins[name].hashes)]
        lines.append(" \\\n    ".join([f"{name}=={pins[name].version}", *hashes]))
    return "".join(f"{line}\n" for line in lines)
