"""`file@1` and `folder@1`: a path that a step returned, kept byte for byte."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from restrike.codecs.errors import CannotStore


def keep(source: Path, target: Path, output: str) -> str:
    """Copy a file or folder to its place among the outputs and return "file" or "folder".

    Links inside a folder stay links; what is neither file, folder nor link is refused, and so is a name or a link's
    target that is not UTF-8: no list of the artifact's files could hold it.
    """
    if not source.exists():
        raise CannotStore(f"output '{output}' is the path '{source}', where there is nothing", where=str(source))
    if source.is_dir():
        _refuse_special(source, output)
        _refuse_names(source, output)
        if not _same(source, target):
            shutil.copytree(source, target, symlinks=True)
        return "folder"
    if not source.is_file():
        raise CannotStore(f"output '{output}' is '{source}', which is neither a file nor a folder", where=str(source))
    if not _is_utf8(source.suffix):  # the rest of the name is not kept
        raise _unnameable(source, output)
    if not _same(source, target):
        shutil.copy(source, target)
    return "file"


def _same(source: Path, target: Path) -> bool:
    return target.exists() and os.path.samefile(source, target)


def _refuse_special(folder: Path, output: str) -> None:
    for parent, _, files in os.walk(folder):
        for name in files:
            path = Path(parent, name)
            if not path.is_symlink() and not path.is_file():
                raise CannotStore(f"output '{output}' holds '{path}', which is neither a file nor a folder nor a link")


def _refuse_names(folder: Path, output: str) -> None:
    for parent, folders, files in os.walk(folder):
        for name in sorted(folders + files):
            path = Path(parent, name)
            if not _is_utf8(name) or (path.is_symlink() and not _is_utf8(os.readlink(path))):
                raise _unnameable(path, output)


def _is_utf8(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _unnameable(path: Path, output: str) -> CannotStore:
    shown = os.fsencode(path).decode("utf-8", "backslashreplace")
    what = "links to a name" if _is_utf8(path.name) else "has a name"
    return CannotStore(
        f"output '{output}' holds '{shown}', which {what} that is not UTF-8", hint="give the file a name in UTF-8"
    )
