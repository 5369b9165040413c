"""What is really installed: every distribution with a digest of its files as they lie on the disk now.

The digest is SHA-256 over the sorted rows `path NUL SHA-256 LF` of the files that RECORD lists, hashed again. RECORD's
own hashes decide nothing but whether a file is called tampered. Specified in docs/design/environment.md.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from restrike.base import digest
from restrike.environment import metadata, tree
from restrike.environment.hashes import FileDigests
from restrike.environment.metadata import Installed

UNOWNED = "(unowned)"
RESTRIKE = "restrike"
_CODE = (".py", ".pth", ".so", ".pyd", ".dylib")
# Written beside installed modules by tools at work: a virtualenv's start-up hook and ply's parser tables.
GENERATED = frozenset({"_virtualenv.py", "_virtualenv.pth", "parsetab.py", "lextab.py", "yacctab.py"})
_AT_START = frozenset({"sitecustomize", "usercustomize"})
_NOT_PORTABLE = {"bin", "scripts", "Scripts", "include"}  # scripts name the interpreter's path in their first line


@dataclass(frozen=True)
class Distribution:
    """A distribution as it is installed."""

    name: str
    version: str
    digest: str
    tag: str | None  # of the wheel it was installed from
    editable: bool
    first_party: bool  # installed from the project itself: code, not environment
    tampered: tuple[str, ...]  # files that are not what RECORD says, "NAME (missing)" for those that are gone
    files: int
    location: Path  # the folder it is imported from
    source: Path | None = None  # the local folder or archive it was installed from
    how: str = "index"  # "index", "folder", "archive", "url", "vcs", "conda" or "path"
    provides: tuple[str, ...] = ()  # names below site-packages that are its own, each up to its first dot
    at_start: bool = False  # whether it may matter to a process that imports nothing of it
    entry_points: str | None = None  # SHA-256 of the file in which it declares plug-ins and programs


@dataclass(frozen=True)
class Rows:
    """The files behind one digest."""

    distribution: Distribution
    rows: dict[str, str]


class Reader:
    """Reads the distributions of one interpreter; afterwards `roots` and `extras` say what the answer depends on."""

    def __init__(self, project: Path, prefix: Path, digests: FileDigests) -> None:
        self._project = Path(os.path.realpath(project))
        self._prefix = prefix
        self.digests = digests
        self.installed: dict[str, tree.Tree] = {}
        self.sources: dict[str, tree.Tree] = {}
        self.extras: dict[str, tree.Stat | None] = {}

    def read(self, site_packages: Iterable[Path]) -> Iterator[Rows]:
        """Yield what is installed; a name may come twice, the one that is imported first."""
        roots = [Path(path) for path in site_packages]
        for root in roots:
            self.installed[str(root)] = tree.installed(root)
        strays: dict[str, str] = {}
        for root in roots:
            files = self.installed[str(root)]
            owned: set[str] = set()
            for found in metadata.distributions(root, files):
                owned.update(found.expected)
                if found.name != RESTRIKE:
                    yield self._rows(found, files)
            yield from self._strays(root, files, owned, strays)
        if strays:
            yield Rows(_pseudo(UNOWNED, strays, roots[0]), strays)

    def _rows(self, found: Installed, files: tree.Tree) -> Rows:
        if found.editable:
            return self._editable(found, files)
        rows: dict[str, str] = {}
        tampered = []
        for path, expected in found.expected.items():
            stat = files.get(path)
            name: str | None = path
            if stat is None:
                name = self._outside(found.root, path)
                if name is None:
                    continue
                stat = self._extra(found.root, path)
            if stat is None:
                tampered.append(f"{path} (missing)")
                continue
            rows[str(name)] = actual = self.digests.of(os.path.join(found.root, path), stat)
            if expected is not None and not _same(found.root / path, actual, *expected):
                tampered.append(path)
        return Rows(self._distribution(found, rows, tampered), rows)

    def _outside(self, root: Path, path: str) -> str | None:
        """Return the name under which a file outside site-packages counts, None if it does not."""
        if not path.startswith("../"):
            return path
        below = os.path.relpath(os.path.normpath(root / path), self._prefix)
        if below.startswith("..") or not _NOT_PORTABLE.isdisjoint(below.split("/")):
            return None
        return "{prefix}/" + below

    def _extra(self, root: Path, path: str) -> tree.Stat | None:
        full = os.path.join(root, path)
        self.extras[full] = stat = tree.stat_of(full)
        return stat

    def _editable(self, found: Installed, files: tree.Tree) -> Rows:
        """Digest an editable install by its sources: what is in site-packages only holds their path."""
        rows = {
            path: self.digests.of(os.path.join(found.root, path), files[path])
            for path in found.expected
            if path.startswith(found.folder + "/") and path in files
        }
        if not self._of_project(found.source):
            for folder in self._import_folders(found):
                rows.update(self._source_rows(folder))
        return Rows(self._distribution(found, rows, []), rows)

    def _import_folders(self, found: Installed) -> list[Path]:
        lines = [
            line
            for path in found.expected
            if path.endswith(".pth")
            for line in metadata.path_lines(metadata.text_of(found.root / path) or "")[0]
        ]
        folders = [folder for folder in (found.root / line for line in lines) if folder.is_dir()]
        return folders or ([found.source] if found.source else [])

    def _source_rows(self, folder: Path) -> dict[str, str]:
        files = self.sources[str(folder)] = tree.sources(folder)
        return {"{source}/" + path: self.digests.of(os.path.join(folder, path), stat) for path, stat in files.items()}

    def _distribution(self, found: Installed, rows: dict[str, str], tampered: list[str]) -> Distribution:
        return Distribution(
            name=found.name,
            version=found.version,
            digest=digest_of(rows),
            tag=found.tag,
            editable=found.editable,
            first_party=_is_folder(found) and self._of_project(found.source),
            tampered=tuple(sorted(tampered)),
            files=len(rows),
            location=found.source if found.editable and found.source else found.root,
            source=found.source,
            how=_how(found),
            provides=provided_by(rows),
            # Of an editable one, what is imported lies in no site-packages, so nobody can tell whether it was.
            at_start=found.editable or any(_acts_at_start(path) for path in found.expected),
            entry_points=rows.get(f"{found.folder}/entry_points.txt"),
        )

    def _of_project(self, source: Path | None) -> bool:
        return source is not None and Path(os.path.realpath(source)).is_relative_to(self._project)

    def _strays(self, root: Path, files: tree.Tree, owned: set[str], rows: dict[str, str]) -> Iterator[Rows]:
        """Add code that no distribution owns to the rows, and yield the folders that .pth files put on the path."""
        for path in sorted(set(files) - owned):
            name = posixpath.basename(path)
            if not name.endswith(_CODE) or name in GENERATED or ".dist-info/" in path or ".egg-info/" in path:
                continue
            if path.endswith(".pth"):
                if "/" in path:
                    continue  # Python reads these at the top only; deeper ones are somebody's model weights
                folders, code = metadata.path_lines(metadata.text_of(root / path) or "")
                yield from self._path_installs(root, folders)
                if not code:
                    continue  # it holds paths of this machine; the folders behind them count instead
            # Of two modules of one name, the one in the folder that comes first on the path is imported.
            rows.setdefault(path, self.digests.of(os.path.join(root, path), files[path]))

    def _path_installs(self, root: Path, folders: list[str]) -> Iterator[Rows]:
        for folder in (root / line for line in folders):
            real = Path(os.path.realpath(folder))
            known = any(real.is_relative_to(os.path.realpath(place)) for place in self.installed)
            if not real.is_dir() or known or self._of_project(real) or str(folder) in self.sources:
                continue
            rows = self._source_rows(folder)
            yield Rows(_pseudo(f"(path {real.name})", rows, folder, how="path", editable=True), rows)


def provided_by(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the sorted names that modules and libraries among a distribution's files are reached by."""
    tops = {path.partition("/")[0] for path in paths}
    return tuple(
        sorted({top.partition(".")[0] for top in tops if not top.startswith(("{", "..")) and not _is_about(top)})
    )


def _is_about(top: str) -> bool:
    return top.endswith((".dist-info", ".egg-info", ".egg-link", ".pth"))


def _acts_at_start(path: str) -> bool:
    """Tell whether Python reads a file whenever it starts."""
    top, _, below = path.partition("/")
    return (not below and top.endswith(".pth")) or top.partition(".")[0] in _AT_START


def digest_of(rows: dict[str, str]) -> str:
    text = "".join(f"{path}\0{rows[path]}\n" for path in sorted(rows))
    return digest.of_bytes(text.encode("utf-8", "surrogateescape"))


def _pseudo(name: str, rows: dict[str, str], place: Path, *, how: str = "path", editable: bool = False) -> Distribution:
    return Distribution(
        name, "0", digest_of(rows), None, editable, False, (), len(rows), place, None, how, at_start=True
    )


def _same(path: Path, actual: str, algorithm: str, expected: bytes) -> bool:
    if algorithm == "sha256":
        return expected.hex() == actual
    if algorithm not in hashlib.algorithms_available:
        return True  # a hash that cannot be checked accuses nobody; the digest is over the real bytes anyway
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, algorithm).digest() == expected


def _is_folder(found: Installed) -> bool:
    return bool(found.direct and "dir_info" in found.direct)


def _how(found: Installed) -> str:
    if found.direct is None:
        return "index"
    if "dir_info" in found.direct:
        return "folder"
    if "vcs_info" in found.direct:
        return "vcs"
    return "archive" if found.source else "url"
