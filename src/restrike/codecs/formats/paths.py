"""`file@1` and `folder@1`: a path that a step returned, kept byte for byte."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from restrike.codecs.errors import CannotStore


def keep(source: Path, target: Path, output: str) -> str:
    """Copy a file or folder to its place among the outputs and return "file" or "folder".

    Links inside a folder stay links; what is neither file, folder nor link is refused.
    """
    if not source.exists():
        raise CannotStore(f"output '{output}' is the path '{source}', where there is nothing", where=str(source))
    if source.is_dir():
        _refuse_special(source, output)
        if not _same(source, target):
            shutil.copytree(source, target, symlinks=True)
        return "folder"
    if not source.is_file():
        raise CannotStore(f"output '{output}' is '{source}', which is neither a file nor a folder", where=str(source))
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
