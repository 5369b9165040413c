"""Which files of a project are its code, and why the others are not."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from restrike.base import digest
from restrike.code.errors import CodeUnreadable
from restrike.code.patterns import Patterns
from restrike.code.snapshot import LeftOut, Limits, Reason

IGNORE_FILE = ".restrikeignore"

# Untracked files that are never code, whatever git's ignore files say.
DEFAULT_EXCLUDES = (
    *(".restrike/", ".git", ".hg/", ".svn/", ".venv/", "venv/", "node_modules/", "__pycache__/", "*.pyc", "*.pyo"),
    *(".tox/", ".nox/", ".eggs/", "*.egg-info/", ".mypy_cache/", ".ruff_cache/", ".pytest_cache/", ".hypothesis/"),
    *(".ipynb_checkpoints/", ".cache/", ".coverage", "htmlcov/", ".dvc/cache/", ".dvc/tmp/", "mlruns/", "wandb/"),
    *(".idea/", ".vscode/", ".DS_Store", "Thumbs.db", "*.swp", "*~", ".#*"),
)
# A folder with one of these is an installed environment.
ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta/history")
# Built in place beside the sources, ignored by git as a rule, and yet what `import` loads.
EXTENSION_MODULES = (".so", ".pyd")

SECRETS = (
    *(".env", ".env.*", "!.env.example", "!.env.sample", "!.env.template", "!.env.dist", ".envrc"),
    *("*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx"),
    *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", ".ssh/", ".gnupg/"),
    *(".netrc", "_netrc", ".pgpass", ".htpasswd", ".git-credentials", ".pypirc", ".npmrc", ".dockercfg", ".s3cfg"),
    *(".aws/", ".azure/", ".kube/", ".docker/config.json", ".config/gcloud/", ".boto", "kaggle.json"),
    *("credentials*.json", "client_secret*.json", "service[-_]account*.json"),
    *("secrets.toml", "secrets.yaml", "secrets.yml", "secrets.json"),
)


@dataclass(frozen=True)
class Selection:
    """The paths that are code, in order, and what was left out on account of its name."""

    paths: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


class Rules:
    """The rules of one project. `leave_out` are paths that are no code by declaration and are not reported."""

    def __init__(self, project: Path, leave_out: Collection[str], limits: Limits):
        self._leave_out = {path.strip("/").removeprefix("./") for path in leave_out} | {".restrike"}
        self._include = Patterns(limits.include)
        self._secrets = Patterns(SECRETS, ignore_case=True)
        ignore_text = _read_ignore_file(project / IGNORE_FILE)
        self._ignored = Patterns(ignore_text.splitlines())
        self._excluded = Patterns(limits.exclude)
        self._wanted = limits.include
        self.identity = digest.of_bytes(
            repr((sorted(self._leave_out), limits.include, limits.exclude, ignore_text, SECRETS)).encode()
        )

    def select(self, paths: Iterable[str]) -> Selection:
        """Divide paths, relative to the project, into code and what is left out."""
        chosen, left_out = [], {}
        for path in sorted(set(paths)):
            if self._is_declared(path):
                continue
            item = None if self._include.match(path) else self._refusal(path)
            if item is None:
                chosen.append(path)
            else:
                left_out[item.path] = item
        return Selection(tuple(chosen), tuple(left_out[path] for path in sorted(left_out)))

    def includes(self, path: str) -> bool:
        """Tell whether `snapshot.include` names a path, which then is captured whatever its size."""
        return bool(self._include.match(path))

    def wanted_files(self, project: Path) -> Iterator[str]:
        """Yield the files that `snapshot.include` names, ignored by git or not."""
        if not self._wanted:
            return
        pruned = {".git", ".restrike", "node_modules", ".venv", "__pycache__"}
        pruned -= {part for pattern in self._wanted for part in pattern.split("/")}
        for folder, folders, files in os.walk(project):
            inside = os.path.relpath(folder, project)
            prefix = "" if inside == "." else f"{inside}/"
            links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
            folders[:] = [name for name in folders if name not in pruned]
            yield from (prefix + name for name in [*files, *links] if self._include.match(prefix + name))

    def _is_declared(self, path: str) -> bool:
        if path in self._leave_out:
            return True
        return any(path[:at] in self._leave_out for at, char in enumerate(path) if char == "/")

    def _refusal(self, path: str) -> LeftOut | None:
        tests: tuple[tuple[Patterns, Reason], ...] = (
            (self._secrets, "secret"),
            (self._ignored, "ignored by .restrikeignore"),
            (self._excluded, "excluded by snapshot.exclude"),
        )
        for patterns, reason in tests:
            if matched := patterns.match(path):
                return LeftOut(path if matched == path else f"{matched}/", reason)
        return None


def extension_modules(project: Path, folders: Iterable[str], known: Collection[str]) -> list[str]:
    """Return the extension modules that lie in folders of the code without being among the known paths."""
    found = []
    for folder in folders:
        prefix = f"{folder}/" if folder else ""
        try:
            names = os.listdir(project / folder)
        except OSError:
            continue
        found += [prefix + name for name in names if name.endswith(EXTENSION_MODULES) and prefix + name not in known]
    return sorted(found)


def without_environments(tracked: Collection[str], untracked: Collection[str]) -> list[str]:
    """Return the untracked paths that are not part of a Python environment lying in the project."""
    roots = tuple(
        path.removesuffix(mark) for path in untracked for mark in ENVIRONMENT_MARKS if path.endswith("/" + mark)
    )
    return [path for path in untracked if not (roots and path.startswith(roots))]


def _read_ignore_file(path: Path) -> str:
    try:
        return path.read_text("utf-8", "surrogateescape")
    except (FileNotFoundError, IsADirectoryError):
        return ""
    except PermissionError as error:
        raise CodeUnreadable(f"cannot read '{path}'", where=str(path), hint=f"chmod u+r '{path}'") from error
