"""Files that a step asked for and the user has, but the seal does not show: told with the line that declares them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from restrike.execution.sandbox.hints import Hints
from restrike.execution.sandbox.work import Lookup
from restrike.worker import seal

# In one's home: settings and caches of tools that look for them in passing; a step that lacks them is none the worse.
_TOOLS = (
    ".config",
    ".local",
    ".matplotlib",
    ".netrc",
    ".gitconfig",
    ".fonts",
    ".profile",
    ".bash_profile",
    ".bash_login",
    ".bashrc",
    ".bash_logout",
    ".inputrc",
    ".curlrc",
    ".wgetrc",
    ".sqliterc",
    ".condarc",
    ".ipython",
    ".jupyter",
    ".nv",
    ".triton",
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
# In the project: what tools keep for themselves.
_OWN = (".git", ".restrike", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".ipynb_checkpoints")
_REASONS = {"large": "too large for the snapshot", "secret": "kept out of the snapshot, as it looks like a secret"}


@dataclass(frozen=True)
class Hidden:
    """Something the seal kept from a step. `asked` is the path inside the seal, `path` as the user knows it.

    `host` is where the user has it. `kind` is "outside the project", "ignored by git", "too large", "secret", "config",
    "history", "declared but not an input" or "network"; `hint` is what to paste into restrike.yaml.
    """

    kind: str
    path: str
    host: Path | None
    what: str
    hint: str
    asked: str = ""
    imported: bool = False


@dataclass(frozen=True)
class Belongings:
    """What the user has and has declared, as far as it decides what a look-up that failed was about.

    `data` maps datasets to their declared paths, `inputs` names those given to the step, `left_out` maps relative paths
    that the snapshot left out to the reason. `exists` and `target` (of a symbolic link, else None) look at the user's
    own files. `by_own_line` are the paths that a line of the user's code asked for, not only some library.
    """

    project: Path
    home: Path
    data: Mapping[str, str]
    inputs: Collection[str]
    left_out: Mapping[str, str]
    exists: Callable[[Path], bool]
    target: Callable[[Path], Path | None] = lambda path: None
    by_own_line: Collection[str] = ()


def hidden(lookups: Iterable[Lookup], belongings: Belongings, hints: Hints) -> list[Hidden]:
    """Return what is hidden among look-ups that failed. Pure but for what `belongings` looks at."""
    return _Search(belongings, hints).among(list(lookups))


class _Search:
    def __init__(self, belongings: Belongings, hints: Hints):
        self._of, self._hints = belongings, hints
        self._asks_git = False

    def among(self, lookups: list[Lookup]) -> list[Hidden]:
        self._asks_git = any(item.kind == "exec" and os.path.basename(item.path) == "git" for item in lookups)
        found: dict[str, Hidden] = {}
        for lookup in lookups:
            if lookup.kind == "connect":
                found.setdefault("network", _network(lookup.path, self._hints))
            elif not lookup.found and not _is_noise(lookup.path) and lookup.path not in found:
                item = self._told(lookup)
                if item is not None:
                    found[lookup.path] = item
        # A folder on the way to something that is told adds nothing.
        return [item for path, item in found.items() if not any(other.startswith(path + "/") for other in found)]

    def _told(self, lookup: Lookup) -> Hidden | None:
        path = lookup.path
        if path.startswith(seal.PROJECT + "/"):
            return self._in_project(path, path[len(seal.PROJECT) + 1 :], imported=lookup.kind == "import")
        if path.startswith(seal.HOME + "/"):
            relative = path[len(seal.HOME) + 1 :]
            host = self._of.home / relative
            is_of_a_tool = any((relative + "/").startswith(tool + "/") for tool in _TOOLS)
            if (is_of_a_tool and path not in self._of.by_own_line) or not self._of.exists(host):
                return None
            return self._outside(path, f"~/{relative}", host)
        return self._elsewhere(path)

    def _elsewhere(self, path: str) -> Hidden | None:
        host = Path(path)
        is_system = (path + "/").startswith(tuple(folder + "/" for folder in _SYSTEM))
        if is_system and path not in self._of.by_own_line:
            return None
        if not self._of.exists(host):
            return self._beside(path)
        if host.is_relative_to(self._of.project):
            relative = host.relative_to(self._of.project).as_posix()
            what = f"'{path}' is a file of the project under its path on this machine, which the seal does not have"
            hint = f"open it as '{relative}'" if relative != "." else "open it as '.'"
            return Hidden("outside the project", path, host, what, hint, path)
        return self._outside(path, path, host)

    def _beside(self, path: str) -> Hidden | None:
        """Return what a path with `..` leads to: the project lies in the root of the seal, so there it ends."""
        if path.split("/")[1] in _OWN:
            return None
        for count, folder in enumerate(list(self._of.project.parents)[:3], 1):
            if self._of.exists(folder / path[1:]):
                return self._above(path, "../" * count + path[1:], folder / path[1:])
        return None

    def _in_project(self, asked: str, relative: str, *, imported: bool) -> Hidden | None:
        host, hints = self._of.project / relative, self._hints
        if relative.split("/")[0] in _OWN:
            return self._history(asked, relative, host)
        if not self._of.exists(host):
            return None
        if declared := _declared(relative, self._of.data):
            return self._undemanded(asked, relative, host, declared)
        if outside := self._linked(asked, relative, host):
            return outside
        reason = next(
            (self._of.left_out[part] for part in _self_and_folders(relative) if part in self._of.left_out), None
        )
        if relative.rpartition("/")[2] in ("restrike.yaml", "restrike.yml") or reason == "config":
            what = f"'{relative}' configures the run and is not part of the code"
            hint = "params: {name: value}   # give the step what it needs of it"
            return Hidden("config", relative, host, what, hint, asked)
        if reason == "secret":
            line = f"{hints.in_snapshot(relative)}   # only if it holds no secret"
            return Hidden("secret", relative, host, f"'{relative}' was {_REASONS['secret']}", line, asked)
        kind = "too large" if reason == "large" else "ignored by git"
        what = f"'{relative}' is {_REASONS['large'] if reason == 'large' else 'ignored, and so not in the snapshot'}"
        if imported and (not relative.endswith(".py") or relative.endswith("/__init__.py")):
            package = relative.removesuffix("/__init__.py")
            return Hidden(kind, relative, host, what, hints.in_snapshot(package + "/"), asked, imported)
        is_code = relative.endswith((".py", ".so"))
        hint = hints.in_snapshot(relative) if is_code else hints.as_data(relative)
        return Hidden(kind, relative, host, what, hint, asked, imported)

    def _linked(self, asked: str, relative: str, host: Path) -> Hidden | None:
        """Return what lies behind a link of the project that leads out of it."""
        for part in reversed(_self_and_folders(relative)):
            target = self._of.target(self._of.project / part)
            if target is not None and not target.is_relative_to(self._of.project):
                what = f"'{relative}' leads to '{target}{relative[len(part) :]}', which lies outside the project"
                return Hidden("outside the project", relative, host, what, self._hints.as_data(part), asked)
        return None

    def _history(self, asked: str, relative: str, host: Path) -> Hidden | None:
        """Return the repository, for who asks git about it; libraries that look whether there is one mean nothing."""
        if relative != ".git" or not self._asks_git or not self._of.exists(host):
            return None
        what = "git was asked about the project's history, which is not in the snapshot"
        return Hidden("history", relative, host, what, self._hints.parameter("version"), asked)

    def _outside(self, asked: str, told: str, host: Path) -> Hidden | None:
        if declared := _declared(told, self._of.data):
            return self._undemanded(asked, told, host, declared)
        what = f"'{told}' lies outside the project"
        return Hidden("outside the project", told, host, what, self._hints.as_data(told), asked)

    def _above(self, asked: str, told: str, host: Path) -> Hidden:
        what = f"'{told}' lies outside the project"
        declared = _declared(str(host), self._of.data)
        hint = "" if declared in self._of.inputs else f"{self._hints.as_data(str(host))}   # and "
        return Hidden("outside the project", told, host, what, f"{hint}open it as '{host}'", asked)

    def _undemanded(self, asked: str, told: str, host: Path, name: str) -> Hidden | None:
        if name in self._of.inputs:
            return None
        what = f"'{told}' is data '{name}', which is not among the step's inputs"
        return Hidden("declared but not an input", told, host, what, self._hints.as_input(name), asked)


def _network(place: str, hints: Hints) -> Hidden:
    to = "a name service" if place.endswith(":53") else place
    what = f"the network: the step tried to reach {to}, and has none"
    return Hidden("network", place, None, what, hints.network(), place)


def _declared(path: str, data: Mapping[str, str]) -> str | None:
    for name, declared in data.items():
        place = os.path.normpath(declared)
        if path == place or path.startswith(place + "/"):
            return name
    return None


def _self_and_folders(relative: str) -> list[str]:
    parts = relative.split("/")
    return ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]


def _is_noise(path: str) -> bool:
    return "/__pycache__" in path or path.endswith((".pyc", "pyvenv.cfg"))
