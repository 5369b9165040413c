"""Files that a step asked for and the user has, but the seal does not show: told with the line that declares them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

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
    "network"; `hint` is the line to paste.
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
) -> list[Hidden]:
    """Return what is hidden among look-ups that failed. Pure but for `exists`, asked about the user's files.

    `data` maps datasets to their declared paths, `inputs` names those given to the step, `left_out` maps relative
    paths that the snapshot left out to the reason.
    """
    found: dict[str, Hidden] = {}
    for lookup in lookups:
        if lookup.kind == "connect":
            found.setdefault("network", _network(lookup.path))
        elif not lookup.found and not _is_noise(lookup.path):
            item = _told(lookup.path, project, home, data, inputs, left_out, exists)
            if item is not None:
                found.setdefault(lookup.path, item)
    # A folder on the way to something that is told adds nothing.
    return [item for path, item in found.items() if not any(other.startswith(path + "/") for other in found)]


def _told(
    path: str,
    project: Path,
    home: Path,
    data: Mapping[str, str],
    inputs: Collection[str],
    left_out: Mapping[str, str],
    exists: Callable[[Path], bool],
) -> Hidden | None:
    if path.startswith(seal.PROJECT + "/"):
        relative = path[len(seal.PROJECT) + 1 :]
        if relative.split("/")[0] in _OWN or not exists(project / relative):
            return None
        return _in_project(relative, project / relative, data, inputs, left_out)
    if path.startswith(seal.HOME + "/"):
        relative = path[len(seal.HOME) + 1 :]
        if any((relative + "/").startswith(tool + "/") for tool in _TOOLS) or not exists(home / relative):
            return None
        return _outside(f"~/{relative}", home / relative, data, inputs)
    host = Path(path)
    if (path + "/").startswith(tuple(folder + "/" for folder in _SYSTEM)) or not exists(host):
        return None
    if host.is_relative_to(project):
        relative = host.relative_to(project).as_posix()
        what = f"'{path}' is a file of the project under its path on this machine, which the seal does not have"
        return Hidden(
            "outside the project", path, host, what, f"open it as '{relative}'" if relative != "." else "open it as '.'"
        )
    return _outside(path, host, data, inputs)


def _in_project(
    relative: str, host: Path, data: Mapping[str, str], inputs: Collection[str], left_out: Mapping[str, str]
) -> Hidden | None:
    if declared := _declared(relative, data):
        return _undemanded(relative, host, declared) if declared not in inputs else None
    reason = next((left_out[part] for part in _self_and_folders(relative) if part in left_out), None)
    if relative.rpartition("/")[2] in ("restrike.yaml", "restrike.yml") or reason == "config":
        what = f"'{relative}' configures the run and is not part of the code"
        return Hidden("config", relative, host, what, "params: {name: value}   # give the step what it needs of it")
    if reason == "secret":
        line = f"snapshot: {{include: [{_quoted(relative)}]}}   # only if it holds no secret"
        return Hidden("secret", relative, host, f"'{relative}' was {_REASONS['secret']}", line)
    kind = "too large" if reason == "large" else "ignored by git"
    what = f"'{relative}' is {_REASONS['large'] if reason == 'large' else 'ignored, and so not in the snapshot'}"
    if relative.endswith((".py", ".so")):
        return Hidden(kind, relative, host, what, f"snapshot: {{include: [{_quoted(relative)}]}}")
    return Hidden(kind, relative, host, what, _data_line(relative))


def _outside(told: str, host: Path, data: Mapping[str, str], inputs: Collection[str]) -> Hidden | None:
    if declared := _declared(str(host), data):
        return _undemanded(told, host, declared) if declared not in inputs else None
    return Hidden("outside the project", told, host, f"'{told}' lies outside the project", _data_line(str(host)))


def _undemanded(told: str, host: Path, name: str) -> Hidden:
    what = f"'{told}' is data '{name}', which is not among the step's inputs"
    return Hidden("declared but not an input", told, host, what, f"inputs: {{{name}: data.{name}}}")


def _network(place: str) -> Hidden:
    to = "a name service" if place.endswith(":53") else place
    return Hidden("network", place, None, f"the network: the step tried to reach {to}, and has none", "network: true")


def _declared(path: str, data: Mapping[str, str]) -> str | None:
    for name, declared in data.items():
        place = os.path.normpath(os.path.expanduser(declared))
        if path == place or path.startswith(place + "/"):
            return name
    return None


def _self_and_folders(relative: str) -> Iterable[str]:
    parts = relative.split("/")
    return ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]


def _data_line(path: str) -> str:
    name = re.sub(r"\W+", "_", Path(path).stem).strip("_").lower() or "file"
    if name[0].isdigit():
        name = f"data_{name}"
    return f"data: {{{name}: {_quoted(path)}}}   # and, in the step, inputs: {{{name}: data.{name}}}"


def _quoted(path: str) -> str:
    return path if re.fullmatch(r"[\w./~@+-]+", path) else '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_noise(path: str) -> bool:
    return "/__pycache__" in path or path.endswith((".pyc", "pyvenv.cfg"))
