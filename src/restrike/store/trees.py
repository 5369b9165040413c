"""Folders as objects: a manifest that names each file's digest, size and execute permission."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from restrike.store.errors import TreeInvalid, Unstorable
from restrike.store.objects import DIGEST

FORMAT = "restrike.tree/1"
_ENDING = b'"format":"restrike.tree/1"}'


@dataclass(frozen=True)
class TreeEntry:
    """A file, a link (`link` is its target) or an empty folder (`path` ends in a slash); the latter have no digest."""

    path: str
    digest: str = ""
    size: int = 0
    executable: bool = False
    link: str | None = None

    @property
    def is_file(self) -> bool:
        return bool(self.digest)


def dump(entries: Iterable[TreeEntry]) -> bytes:
    """Return the manifest: canonical JSON, entries sorted by path in code point order."""
    documents = [_document(entry) for entry in sorted(entries, key=lambda entry: entry.path)]
    # What base.canonical.dumps would write, at a tenth of its time: the keys are ASCII and every number is small.
    text = json.dumps(
        {"entries": documents, "format": FORMAT}, ensure_ascii=False, separators=(",", ":"), sort_keys=True
    )
    return text.encode("utf-8")


def parse(data: bytes, digest: str) -> list[TreeEntry]:
    """Return a manifest's entries. Raise TreeInvalid unless every path stays inside the folder."""
    try:
        document = json.loads(data)
        if document["format"] != FORMAT:
            raise ValueError(f"its format is {document['format']!r}")
        entries = [_entry(item) for item in document["entries"]]
        _check_paths(entries)
    except (ValueError, KeyError, TypeError) as error:
        raise TreeInvalid(f"object '{digest}' is not the listing of a folder: {error}") from error
    return entries


def looks_like(ending: bytes) -> bool:
    """Tell from the last bytes of an object whether it may be a manifest."""
    return ending.endswith(_ENDING)


def scan(folder: Path) -> list[tuple[TreeEntry, Path]]:
    """List what is in a folder, files still without digest. Links are kept as links."""
    found: list[tuple[TreeEntry, Path]] = []
    waiting = [(os.fspath(folder), "")]
    while waiting:
        path, prefix = waiting.pop()
        with os.scandir(path) as listed:
            entries = list(listed)
        if not entries and prefix:
            found.append((TreeEntry(prefix), Path(path)))
        for entry in entries:
            name = prefix + checked_name(entry.name, path)
            if entry.is_symlink():
                found.append((TreeEntry(name, link=checked_name(os.readlink(entry.path), path)), Path(entry.path)))
            elif entry.is_dir(follow_symlinks=False):
                waiting.append((entry.path, name + "/"))
            elif entry.is_file(follow_symlinks=False):
                status = entry.stat(follow_symlinks=False)
                executable = bool(status.st_mode & stat.S_IXUSR)
                found.append((TreeEntry(name, size=status.st_size, executable=executable), Path(entry.path)))
            else:
                raise Unstorable(f"'{entry.path}' is neither a file nor a folder nor a link")
    return found


def checked_name(name: str, folder: str) -> str:
    """Return a name from the file system if it is UTF-8, the one encoding that every machine reads alike."""
    if name.isascii():
        return name
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        shown = os.fsencode(name).decode("utf-8", "backslashreplace")
        raise Unstorable(f"the name '{shown}' in '{os.fsdecode(folder)}' is not UTF-8") from None
    return name


def _document(entry: TreeEntry) -> dict[str, Any]:
    path = _tagged(entry.path)
    if entry.link is not None:
        return {"link": _tagged(entry.link), "path": path}
    if not entry.is_file:
        return {"path": path}
    return {"digest": entry.digest, "executable": entry.executable, "path": path, "size": entry.size}


def _entry(item: dict[str, Any]) -> TreeEntry:
    path = _untagged(item["path"])
    if "link" in item:
        return TreeEntry(path, link=_untagged(item["link"]))
    if "digest" not in item:
        if not path.endswith("/"):
            raise ValueError(f"{path!r} has no digest")
        return TreeEntry(path)
    digest, size, executable = item["digest"], item["size"], item["executable"]
    if not DIGEST.fullmatch(digest) or type(size) is not int or size < 0 or type(executable) is not bool:
        raise ValueError(f"the entry of {path!r} is malformed")
    return TreeEntry(path, digest, size, executable)


def _tagged(text: str) -> str:
    return "!" + text if text.startswith("!") else text  # as canonical JSON does


def _untagged(text: str) -> str:
    return text[1:] if text.startswith("!") else text


def _check_paths(entries: list[TreeEntry]) -> None:
    """Refuse paths that lead out, appear twice, or go through what is no folder (a link might lead out)."""
    taken = {entry.path.rstrip("/") for entry in entries}
    if len(taken) != len(entries):
        raise ValueError("a path appears twice")
    folders: set[str] = set()
    for entry in entries:
        parts = entry.path.removesuffix("/").split("/")
        if "\0" in entry.path or any(part in ("", ".", "..") for part in parts):
            raise ValueError(f"{entry.path!r} leads out of the folder")
        folders.update("/".join(parts[:length]) for length in range(1, len(parts)))
    if clash := folders & taken:
        raise ValueError(f"{min(clash)!r} is a folder and a file")
