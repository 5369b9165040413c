"""The programs that installing packages left in an environment, for use inside a seal.

Each begins with the path of the environment's Python on this machine: a path that the seal need not have, and that a
rebuilt environment has not. They are laid out again with the path that it has in every seal.
"""

from __future__ import annotations

from pathlib import Path

PROGRAMS = "/programs"  # where they lie inside the seal; leads PATH
_LARGEST = 1 << 16  # bytes of a program that can still be one of these: a few lines that call a function
_LINES = 3  # that may name the Python: a path too long for the first line stands in the second


def lay_out(prefix: Path, python: str, folder: Path) -> Path:
    """Write the programs of a virtual environment into a new folder, to be executed by `python`; return the folder."""
    folder.mkdir(parents=True)
    for source in sorted((prefix / "bin").iterdir()):
        if source.is_file() and not source.is_symlink() and source.stat().st_size <= _LARGEST:
            text = _for_python(source.read_bytes(), f"{prefix}/bin/python".encode(), python.encode())
            if text is not None:
                target = folder / source.name
                target.write_bytes(text)
                target.chmod(0o755)
    return folder


def _for_python(text: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """Return a program for another Python; None if it is not one for ours."""
    head, rest = text.split(b"\n")[:_LINES], text.split(b"\n")[_LINES:]
    if not text.startswith(b"#!") or not any(ours in line for line in head):
        return None
    return b"\n".join([*(line.replace(ours, theirs) for line in head), *rest])
