"""Files that a step asked for and the user has, but the seal does not show: told with the line that declares them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from restrike.execution.sandbox.hints import Hints
from restrike.execution.sandbox.work import Lookup
from restrike.worker import seal

# Settings of tools that look for them in passing; a step that lacks them is none the worse.
_TOOLS = (
    ".config",
    ".local",
    ".matplotlib",
    ".netrc",
    ".gitconfig",
    ".fonts",
    ".cache/matplotlib",
    ".cache/fontconfig",
)
_SYSTEM = (
    "/proc",
    "/sys",
    "/dev",
    "/run",
    "/etc",
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/var/run",
    "/var/tmp",
    "/var/cache",
)
_OWN = (".git", ".restrike")
_REASONS = {"large": "too large for the snapshot", "secret": "kept out of the snapshot, as it looks like a secret"}


@dataclass(frozen=True)
class Hidden:
    """Something the seal kept from a step. `path` is as the step asked for it, `host` where the user has it.

    `kind` is "outside the project", "ignored by git", "too large", "secret", "config", "declared but not an input" or
    "network"; `hint` is what to paste into restrike.yaml.
    """

    kind: str
    path: str
    host: Path | None
    what: str
    hint: str


def hidden(
    lookups: Iterable[Lookup],
    *,
    project: Path,
    home: Path,
    data: Mapping[str, str],
    inputs: Collection[str],
    left_out: Mapping[str, str],
    exists: Callable[[Path], bool],
    hints: Hints,
) -> list[Hidden]:
    """Return what is hidden among look-ups that failed. Pure but for `exists`, asked about the user's files.

    `data` maps datasets to their declared paths, `inputs` names those given to the step, `left_out` maps relative
    paths that the snapshot left out to the reason.
    """
    found: dict[str, Hidden] = {}
    for lookup in lookups:
        if lookup.kind == "connect":
            found.setdefault("network", _network(lookup.path, hints))
        elif not lookup.found and not _is_noise(lookup.path):
            item = _told(lookup, project, home, data, inputs, left_out, exists, hints)
            if item is not None:
                found.setdefault(lookup.path, item)
    # A folder on the way to something that is told adds nothing.
    return [item for path, item in found.items() if not any(other.startswith(path + "/") for other in found)]


def _told(
    lookup: Lookup,
    project: Path,
    home: Path,
    data: Mapping[str, str],
    inputs: Collection[str],
    left_out: Mapping[str, str],
    exists: Callable[[Path], bool],
    hints: Hints,
) -> Hidden | None:
    path = lookup.path
    if path.startswith(seal.PROJECT + "/"):
        relative = path[len(seal.PROJECT) + 1 :]
        if relative.split("/")[0] in _OWN or not exists(project / relative):
            return None
        return _in_project(
            relative, project / relative, data, inputs, left_out, hints, imported=lookup.kind == "import"
        )
    if path.startswith(seal.HOME + "/"):
        relative = path[len(seal.HOME) + 1 :]
        if any((relative + "/").startswith(tool + "/") for tool in _TOOLS) or not exists(home / relative):
            return None
        return _outside(f"~/{relative}", home / relative, data, inputs, hints)
    host = Path(path)
    if (path + "/").startswith(tuple(folder + "/" for folder in _SYSTEM)) or not exists(host):
        return None
    if host.is_relative_to(project):
        relative = host.relative_to(project).as_posix()
        what = f"'{path}' is a file of the project under its path on this machine, which the seal does not have"
        return Hidden(
            "outside the project", path, host, what, f"open it as '{relative}'" if relative != "." else "open it as '.'"
        )
    return _outside(path, host, data, inputs, hints)


def _in_project(
    relative: str,
    host: Path,
    data: Mapping[str, str],
    inputs: Collection[str],
    left_out: Mapping[str, str],
    hints: Hints,
    *,
    imported: bool,
) -> Hidden | None:
    if declared := _declared(relative, data):
        return _undemanded(relative, host, declared, hints) if declared not in inputs else None
    reason = next((left_out[part] for part in _self_and_folders(relative) if part in left_out), None)
    if relative.rpartition("/")[2] in ("restrike.yaml", "restrike.yml") or reason == "config":
        what = f"'{relative}' configures the run and is not part of the code"
        return Hidden("config", relative, host, what, "params: {name: value}   # give the step what it needs of it")
    if reason == "secret":
        line = f"{hints.in_snapshot(relative)}   # only if it holds no secret"
        return Hidden("secret", relative, host, f"'{relative}' was {_REASONS['secret']}", line)
    kind = "too large" if reason == "large" else "ignored by git"
    what = f"'{relative}' is {_REASONS['large'] if reason == 'large' else 'ignored, and so not in the snapshot'}"
    if imported and not relative.endswith(".py"):
        return Hidden(kind, relative, host, what, hints.in_snapshot(relative + "/"))
    is_code = relative.endswith((".py", ".so"))
    return Hidden(kind, relative, host, what, hints.in_snapshot(relative) if is_code else hints.as_data(relative))


def _outside(told: str, host: Path, data: Mapping[str, str], inputs: Collection[str], hints: Hints) -> Hidden | None:
    if declared := _declared(told, data):
        return _undemanded(told, host, declared, hints) if declared not in inputs else None
    return Hidden("outside the project", told, host, f"'{told}' lies outside the project", hints.as_data(told))


def _undemanded(told: str, host: Path, name: str, hints: Hints) -> Hidden:
    what = f"'{told}' is data '{name}', which is not among the step's inputs"
    return Hidden("declared but not an input", told, host, what, hints.as_input(name))


def _network(place: str, hints: Hints) -> Hidden:
    to = "a name service" if place.endswith(":53") else place
    return Hidden("network", place, None, f"the network: the step tried to reach {to}, and has none", hints.network())


def _declared(path: str, data: Mapping[str, str]) -> str | None:
    for name, declared in data.items():
        place = os.path.normpath(declared)
        if path == place or path.startswith(place + "/"):
            return name
    return None


def _self_and_folders(relative: str) -> Iterable[str]:
    parts = relative.split("/")
    return ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]


def _is_noise(path: str) -> bool:
    return "/__pycache__" in path or path.endswith((".pyc", "pyvenv.cfg"))
