"""What a site-packages folder says about the distributions in it, read from their files, importing nothing."""

from __future__ import annotations

import base64
import csv
import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from restrike.environment.tree import Tree

# Written by the installer about itself: they differ between installers of the same wheel.
_INSTALLERS_OWN = re.compile(r"(INSTALLER|REQUESTED|RECORD|direct_url\.json|uv_[^/]*)\Z")


@dataclass(frozen=True)
class Installed:
    """A distribution as its metadata declares it. `expected` has each file with the hash that RECORD gives, if any."""

    name: str  # normalised as PEP 503 says
    version: str
    tag: str | None  # of the wheel: "py3-none-any"
    root: Path  # the site-packages folder
    folder: str  # the metadata's folder or file in it
    expected: dict[str, tuple[str, bytes] | None] = field(repr=False)  # by path below root: algorithm and digest
    direct: dict[str, Any] | None  # direct_url.json: where it came from, if from no index
    has_record: bool = True

    @property
    def editable(self) -> bool:
        return bool(self.direct and self.direct.get("dir_info", {}).get("editable"))

    @property
    def source(self) -> Path | None:
        """The local folder or file that it was installed from."""
        url = urlsplit(self.direct["url"]) if self.direct and isinstance(self.direct.get("url"), str) else None
        return Path(unquote(url.path)) if url and url.scheme == "file" else None


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def distributions(root: Path, files: Tree) -> Iterator[Installed]:
    """Yield what is installed in a folder, in order of its metadata's names."""
    tops = sorted({path.partition("/")[0] for path in files})
    for top in tops:
        if top.endswith(".dist-info"):
            yield _dist_info(root, top, files)
    for top in tops:
        if top.endswith(".egg-info"):
            yield _egg_info(root, top, files)
        elif top.endswith(".egg-link"):
            yield _egg_link(root, top)


def path_lines(text: str) -> tuple[list[str], bool]:
    """Return the folders that a .pth file adds to the path, and whether it also executes code."""
    lines = [line.strip() for line in text.splitlines()]
    code = any(line.startswith(("import ", "import\t")) for line in lines)
    return [line for line in lines if line and not line.startswith(("#", "import ", "import\t"))], code


def _dist_info(root: Path, folder: str, files: Tree) -> Installed:
    header = _header(root / folder / "METADATA")
    stem, _, version = folder.removesuffix(".dist-info").partition("-")
    record = text_of(root / folder / "RECORD")
    expected = _record(record, folder) if record is not None else _declared_modules(root / folder, folder, files)
    return Installed(
        name=normalised(header.get("name", stem)),
        version=header.get("version", version),
        tag=_tag(root / folder / "WHEEL"),
        root=root,
        folder=folder,
        expected=expected,
        direct=_json(root / folder / "direct_url.json"),
        has_record=record is not None,
    )


def _egg_info(root: Path, top: str, files: Tree) -> Installed:
    path = root / top
    header = _header(path / "PKG-INFO" if path.is_dir() else path)
    stem, _, rest = top.removesuffix(".egg-info").partition("-")
    return Installed(
        name=normalised(header.get("name", stem)),
        version=header.get("version", rest.partition("-py")[0]),
        tag=None,
        root=root,
        folder=top,
        expected=_declared_modules(path, top, files),
        direct=None,
        has_record=False,
    )


def _egg_link(root: Path, top: str) -> Installed:
    """Read what `setup.py develop` leaves: a file with the path of the sources."""
    source = Path((text_of(root / top) or "").partition("\n")[0].strip())
    name = normalised(top.removesuffix(".egg-link"))
    headers = [_header(path / "PKG-INFO") for path in sorted(source.glob("*.egg-info"))]
    version = next((header["version"] for header in headers if normalised(header.get("name", "")) == name), "0")
    direct = {"url": source.as_uri(), "dir_info": {"editable": True}} if source.is_absolute() else None
    return Installed(name, version, None, root, top, {}, direct, has_record=False)


def _record(text: str, folder: str) -> dict[str, tuple[str, bytes] | None]:
    # csv is ten times slower than a split, and only quoted rows need it.
    rows = csv.reader(text.splitlines()) if '"' in text else (line.rsplit(",", 2) for line in text.splitlines())
    expected = {}
    for row in rows:
        if len(row) != 3 or not _counts(path := row[0], folder):
            continue
        expected[posixpath.normpath(path)] = _hash(row[1])
    return expected


def _counts(path: str, folder: str) -> bool:
    if path.endswith(".pyc") or "__pycache__/" in path or path.startswith("/"):
        return False
    return not (path.startswith(folder + "/") and _INSTALLERS_OWN.match(path, len(folder) + 1))


def _hash(text: str) -> tuple[str, bytes] | None:
    algorithm, _, encoded = text.partition("=")
    if not encoded:
        return None
    try:
        return algorithm, base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except ValueError:
        return algorithm, b""


def _declared_modules(metadata: Path, folder: str, files: Tree) -> dict[str, tuple[str, bytes] | None]:
    """Return the files of a distribution without RECORD: its metadata and what top_level.txt names."""
    tops = (text_of(metadata / "top_level.txt") or "").split()
    starts = (folder + "/", *(f"{top}/" for top in tops))
    stems = {folder, *tops}
    return {
        path: None
        for path in files
        if (path.startswith(starts) or path in stems or ("/" not in path and path.partition(".")[0] in stems))
        and _counts(path, folder)
    }


def _header(path: Path) -> dict[str, str]:
    """Return the name and version of core metadata, by lower-case field."""
    found: dict[str, str] = {}
    for line in (text_of(path) or "").splitlines():
        key, colon, value = line.partition(":")
        if not line or len(found) == 2:
            break
        if colon and key.lower() in ("name", "version"):
            found[key.lower()] = value.strip()
    return found


def _tag(path: Path) -> str | None:
    tags = [line[4:].strip() for line in (text_of(path) or "").splitlines() if line.startswith("Tag:")]
    return ",".join(tags) or None


def _json(path: Path) -> dict[str, Any] | None:
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None


def text_of(path: Path) -> str | None:
    """Return a file's text, None if there is none to read."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return None
