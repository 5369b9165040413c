"""Whose Python: finding the project's interpreter, and the facts it says about itself.

restrike may be installed apart from the project. So an interpreter is asked once, by running `probe.py` in it, and the
answer is kept in the user's cache for as long as neither the executable nor its pyvenv.cfg changes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from restrike.base import atomic, digest, process
from restrike.base.errors import ProgramMissing, StorageFull, StorageReadOnly
from restrike.base.folders import user_cache
from restrike.environment.errors import InterpreterMissing, InterpreterTooOld

FORMAT = "restrike.interpreter/2"
OLDEST = (3, 10)
START_LIMIT_S = 60.0


@dataclass(frozen=True)
class Interpreter:
    """A Python that steps can run in. `executable` is the path to call, symlinks and all."""

    executable: Path
    prefix: Path
    base_prefix: Path
    is_venv: bool
    site_packages: tuple[Path, ...]
    stdlib: Path
    libpython: Path | None  # the shared library that the executable loads, where Python was built with one
    implementation: str
    python: str
    soabi: str
    cache_tag: str  # in the names of bytecode files: "cpython-311"
    os: str
    arch: str
    libc: str
    build: str
    binary: str  # SHA-256 of the executable
    origin: str  # why this one: "environment.python", "VIRTUAL_ENV", "CONDA_PREFIX", ".venv" or "restrike"

    @property
    def seal_paths(self) -> tuple[Path, ...]:
        """The folders that it needs to run, each at its own path: existing ones, outermost first."""
        libraries = [self.libpython.parent] if self.libpython is not None else []
        named = [self.prefix, self.base_prefix, self.stdlib, *self.site_packages, *libraries]
        return outermost([*named, *_installations(self.executable)])


def outermost(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Return those of some folders that exist and do not lie below another of them."""
    kept: list[Path] = []
    for folder in sorted(
        {Path(os.path.normpath(folder)) for folder in folders}, key=lambda path: (len(path.parts), path)
    ):
        if folder.is_dir() and not any(folder.is_relative_to(outer) for outer in kept):
            kept.append(folder)
    return tuple(kept)


def _installations(executable: Path) -> Iterator[Path]:
    """Yield the installations through which a chain of links leads to the real executable.

    A venv's python often points into a folder named by the minor version that is itself a link to one named in full:
    the process calls the first and finds its library by the second.
    """
    hops = [executable.resolve()]
    while executable.is_symlink():
        executable = Path(os.path.normpath(executable.parent / os.readlink(executable)))
        hops.append(executable)
    for hop in hops:
        yield hop.parent.parent if hop.parent.name == "bin" else hop.parent


def whose(project: Path, declared: str | None, *, environ: Mapping[str, str] | None = None) -> Interpreter:
    """Return the interpreter a project's steps run in: declared, active, the project's `.venv`, or restrike's own.

    `declared` is a virtual environment, an executable (absolute or relative to the project) or a name on PATH.
    Raise InterpreterMissing where the first of these that applies is broken: falling through to the next would run
    the steps in an environment that nobody meant.
    """
    path, origin = _named(project, declared, os.environ if environ is None else environ)
    return inspect(_executable(path, origin), origin)


def _named(project: Path, declared: str | None, environ: Mapping[str, str]) -> tuple[Path, str]:
    if declared is not None:
        return _declared(project, declared), "environment.python"
    if active := environ.get("VIRTUAL_ENV"):
        return Path(active), "VIRTUAL_ENV"
    # conda activates its base in every shell: nobody's choice for this project.
    if (active := environ.get("CONDA_PREFIX")) and environ.get("CONDA_DEFAULT_ENV") != "base":
        return Path(active), "CONDA_PREFIX"
    if os.path.lexists(project / ".venv"):
        return project / ".venv", ".venv"
    return Path(sys.executable), "restrike"


def _declared(project: Path, declared: str) -> Path:
    path = project / Path(declared).expanduser()
    if os.path.lexists(path) or "/" in declared:
        return path
    on_path = shutil.which(declared)
    return Path(on_path) if on_path else path


def _executable(path: Path, origin: str) -> Path:
    """Return the executable that a path names, without resolving links: a venv's python is a link, and says so."""
    path = Path(os.path.abspath(path))
    try:
        return _found(path, origin)
    except PermissionError as error:  # a link into a folder of somebody else's, such as root's own pyenv
        what = f"'{error.filename}' cannot be reached by this user: permission denied"
        raise InterpreterMissing(what, where=origin, hint=_way_out(path, origin)) from error


def _found(path: Path, origin: str) -> Path:
    if not path.exists():
        raise InterpreterMissing(
            _broken_link(path) or f"'{path}' does not exist", where=origin, hint=_way_out(path, origin)
        )
    if path.is_file():
        return path
    for name in ("bin/python", "bin/python3"):
        if (path / name).exists():
            return path / name
    python = path / "bin" / "python"
    what = _broken_link(python) or f"'{path}' is not a Python environment: it has no bin/python"
    raise InterpreterMissing(what, where=origin, hint=_way_out(path, origin))


def _broken_link(path: Path) -> str | None:
    if not path.is_symlink():
        return None
    return f"'{path}' is a link to '{os.readlink(path)}', which does not exist"


def _way_out(path: Path, origin: str) -> str:
    if origin == "environment.python":
        return "name a virtual environment or a python executable in restrike.yaml: environment: {python: .venv}"
    if origin in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        return f"unset {origin}"
    return f"uv venv --clear '{path if path.name != 'python' else path.parent.parent}'"


def inspect(executable: Path, origin: str) -> Interpreter:
    """Return what an interpreter says about itself; raise InterpreterMissing or InterpreterTooOld."""
    kept = user_cache() / "interpreters" / f"{digest.of_bytes(os.fsencode(executable))}.json"
    facts = _kept(kept, executable)
    if facts is None:
        facts = _asked(executable, origin)
        # A version manager's shim starts another Python from one folder to the next: ask it every time.
        if facts["executable"] == str(executable):
            _keep(kept, executable, facts)
    return _interpreter(origin, facts)


def _asked(executable: Path, origin: str) -> dict[str, Any]:
    probe = Path(__file__).with_name("probe.py")
    try:
        answer = process.call([executable, "-I", "-S", "-B", probe], timeout=START_LIMIT_S)
        facts = json.loads(answer.output) if answer.ok else None
    except (ProgramMissing, OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise InterpreterMissing(f"'{executable}' is not a Python that starts: {error}", where=origin) from error
    if not isinstance(facts, dict):
        details = tuple(answer.complaint.splitlines())
        raise InterpreterMissing(
            f"'{executable}' does not start as a Python",
            where=origin,
            hint=_way_out(executable, origin),
            details=details,
        )
    if tuple(int(part) for part in facts["python"].split(".")[:2]) < OLDEST:
        raise InterpreterTooOld(
            f"'{executable}' is Python {facts['python']}; steps need Python 3.10 or later",
            where=origin,
            hint="uv venv --python 3.12 .venv",
        )
    facts["binary"] = digest.of_file(facts["executable"])[0]
    return facts


def _interpreter(origin: str, facts: dict[str, Any]) -> Interpreter:
    return Interpreter(
        executable=Path(facts["executable"]),
        prefix=Path(facts["prefix"]),
        base_prefix=Path(facts["base_prefix"]),
        is_venv=facts["venv"],
        site_packages=tuple(path for path in map(Path, facts["site_packages"]) if path.is_dir()),
        stdlib=Path(facts["stdlib"]),
        libpython=Path(facts["libpython"]) if facts["libpython"] else None,
        implementation=facts["implementation"],
        python=facts["python"],
        soabi=facts["soabi"],
        cache_tag=facts["cache_tag"],
        os=facts["os"],
        arch=facts["arch"],
        libc=_libc_now(facts["libc"]),
        build=facts["build"],
        binary=facts["binary"],
        origin=origin,
    )


def _libc_now(then: str) -> str:
    """Return today's C library: an upgrade of it leaves the executable, and so the kept facts, as they were."""
    try:
        now = os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, OSError, ValueError):
        return then
    return now if now and now.split()[0] == then.split()[0] else then


def _state(executable: Path, facts: dict[str, Any]) -> list[list[int] | None]:
    """Return what must be unchanged for kept facts to be believed."""
    places = [executable, Path(facts["prefix"]) / "pyvenv.cfg", Path(__file__).with_name("probe.py")]
    if facts["libpython"]:
        places.append(Path(facts["libpython"]))
    return [_stat(path) for path in places]


def _stat(path: Path) -> list[int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def _kept(path: Path, executable: Path) -> dict[str, Any] | None:
    try:
        document = json.loads(path.read_bytes())
        if document["format"] == FORMAT and document["executable"] == str(executable):
            facts: dict[str, Any] = document["facts"]
            return facts if document["state"] == _state(executable, facts) else None
    except (OSError, ValueError, KeyError, TypeError):
        pass  # a cache that cannot be read is an empty one
    return None


def _keep(path: Path, executable: Path, facts: dict[str, Any]) -> None:
    document = {
        "format": FORMAT,
        "executable": str(executable),
        "state": _state(executable, facts),
        "facts": facts,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(path, json.dumps(document).encode(), durable=False)
    except (OSError, StorageReadOnly, StorageFull):
        pass  # asking again next time is slower, not wrong
