"""Bytecode for a rebuilt environment, compiled once for all later reproductions.

A sealed process may write none, and uv installs none, so without this every process compiles what it imports: 2.7 s
for scikit-learn and pandas. Compiling all that is installed takes five times as long as what is imported; so it is done
after the first reproduction has shown what that is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from restrike.base import process
from restrike.environment.interpreter import Interpreter


def compile_modules(interpreter: Interpreter, modules: Iterable[Path]) -> int:
    """Compile those source files, of the ones installed in a rebuilt environment, that are not; return how many."""
    homes = interpreter.site_packages
    sources = [path for path in modules if path.suffix == ".py" and any(path.is_relative_to(home) for home in homes)]
    bare = [path for path in sources if not _compiled(path, interpreter).exists()]
    if bare:
        jobs = str(len(os.sched_getaffinity(0)))
        command = [str(interpreter.executable), "-I", "-S", "-m", "compileall", "-q", "-j", jobs, "-i", "-"]
        process.call(command, given="".join(f"{path}\n" for path in bare).encode())
    return len(bare)


def _compiled(source: Path, interpreter: Interpreter) -> Path:
    return source.parent / "__pycache__" / f"{source.stem}.{interpreter.cache_tag}.pyc"
