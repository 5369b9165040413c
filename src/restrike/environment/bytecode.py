"""Bytecode for sealed processes, compiled by restrike itself.

A sealed process may write none, and uv installs none, so without this every process compiles what it imports: 2.7 s
for scikit-learn and pandas. What lies in the environment's own `__pycache__` is no part of its identity, so it would
have to be taken on trust. So there is one folder per environment, to be bound read-only and named by
PYTHONPYCACHEPREFIX; Python then looks nowhere else.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from restrike.base import process
from restrike.environment.interpreter import Interpreter


def folder_for(identity: str, interpreter: Interpreter, *, cache_root: Path) -> Path:
    """Return the folder for the bytecode of one environment under one build of Python; it is made if need be."""
    folder = cache_root / "bytecode" / f"{identity}-{interpreter.binary[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def compile_modules(interpreter: Interpreter, modules: Iterable[Path], *, folder: Path) -> int:
    """Compile the source files that are not compiled as they are now; return how many there were.

    `modules` is what processes were seen to import: a whole environment has five times as many. Nothing is executed.
    Only the interpreter's own files and those installed for it are compiled; the project's change too often.
    """
    homes = (*interpreter.site_packages, interpreter.stdlib)
    sources = [path for path in modules if path.suffix == ".py" and any(path.is_relative_to(home) for home in homes)]
    bare = [path for path in sources if not _is_current(path, _compiled(path, interpreter, folder))]
    if bare:
        jobs = str(len(os.sched_getaffinity(0)))
        command = [str(interpreter.executable), "-I", "-S", "-X", f"pycache_prefix={folder}"]
        command += ["-m", "compileall", "-q", "-j", jobs, "-i", "-"]
        process.call(command, given="".join(f"{path}\n" for path in bare).encode())
    return len(bare)


def _compiled(source: Path, interpreter: Interpreter, folder: Path) -> Path:
    return folder / source.parent.relative_to("/") / f"{source.stem}.{interpreter.cache_tag}.pyc"


def _is_current(source: Path, compiled: Path) -> bool:
    """Tell what Python itself will: the header holds flags, then the source's time in seconds and its size."""
    try:
        with open(compiled, "rb") as stream:
            header = stream.read(16)
        state = source.stat()
    except OSError:
        return False
    expected = (int(state.st_mtime) & 0xFFFFFFFF).to_bytes(4, "little") + (state.st_size & 0xFFFFFFFF).to_bytes(
        4, "little"
    )
    return header[4:] == bytes(4) + expected
