"""Bytecode for rebuilt environments. uv installs none, and a sealed process may not write any, so without it every
process compiles what it imports: 2.5 s for scikit-learn and pandas.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from restrike.base import process
from restrike.environment.rebuild import MARKER, Rebuilt


def compile_modules(rebuilt: Rebuilt, modules: Iterable[Path]) -> int:
    """Compile those source files of a rebuilt environment that are not compiled yet; return how many there were.

    `modules` is what steps were seen to import; compiling a whole environment costs ten times what its users import.
    Nothing is executed. A file outside the environment is passed over: bytecode beside it would be somebody else's.
    """
    if not (rebuilt.path / MARKER).is_file():
        raise ValueError(f"{rebuilt.path} is not a finished environment")
    tag = rebuilt.interpreter.cache_tag
    wanted = [path for path in modules if path.suffix == ".py" and path.is_relative_to(rebuilt.path)]
    bare = [path for path in wanted if not (path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc").exists()]
    if bare:
        jobs = str(len(os.sched_getaffinity(0)))
        python = str(rebuilt.interpreter.executable)
        command = [python, "-I", "-S", "-m", "compileall", "-q", "-j", jobs, "-i", "-"]
        process.call(command, given="".join(f"{path}\n" for path in bare).encode())
    return len(bare)
