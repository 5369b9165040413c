"""Data files as arrow tables, read as a step would be given them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow

MAGIC = (b"PAR1", b"ARROW1")


def is_table(path: Path, read: dict[str, Any], suffix: str) -> bool:
    """Tell whether a file is meant as a table: by its suffix, its first bytes, or because `read` says how."""
    from restrike.codecs.datasets import TABLES

    if read or suffix.lower() in TABLES:
        return True
    with open(path, "rb") as stream:
        return stream.read(6).startswith(MAGIC)


def read_table(path: Path, read: dict[str, Any], suffix: str) -> pyarrow.Table:
    """Return the file's table. Raise the codecs' error if it cannot be read as one."""
    from restrike.codecs.datasets import read_file

    table: pyarrow.Table = read_file(path, read, "pyarrow.Table", suffix=suffix)
    return table
