"""Rebuilding a recorded environment: a virtual environment of copied files, named by identity, never seen half built.

Files are copied out of uv's cache, never linked: uv does not check its cache against the hashes it was given, so a file
spoilt through one link would be in every environment. What was installed is proved afterwards for the same reason.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from restrike.base import atomic, digest
from restrike.base.process import Completed
from restrike.environment import requirements, uv
from restrike.environment.errors import (
    InterpreterMissing,
    InterpreterTooOld,
    LockIncomplete,
    PythonUnavailable,
    RebuildFailed,
)
from restrike.environment.interpreter import Interpreter, inspect
from restrike.environment.proof import Mismatch, compare, installed

FORMAT = "restrike.rebuilt/1"
MARKER = "restrike.json"
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Rebuilt:
    """An environment that was installed again from its lock. It is the recorded one if `mismatches` is empty."""

    interpreter: Interpreter
    path: Path
    built: bool  # False: it was there, and was proved again
    seconds: float
    mismatches: tuple[Mismatch, ...]


def rebuild(
    document: dict[str, Any],
    lock: str,
    *,
    cache_root: Path,
    offline: bool,
    wheels: Sequence[Path] = (),
    python: Path | None = None,
    settings: Path | None = None,
    progress: Progress | None = None,
) -> Rebuilt:
    """Return the environment that a document describes, building it if it is not there or was changed.

    Its files come from uv's cache, from `wheels`, or, unless `offline`, from the index that uv is set up for, in the
    user's settings or in the folder `settings`. `python` is an executable to try first.
    """
    started = time.monotonic()
    _check_lock(document, lock)
    path = place_of(digest.fingerprint(document), cache_root)
    path.parent.mkdir(parents=True, exist_ok=True)
    request = _Request(document, lock, tuple(wheels), path, offline, python, settings or path.parent, progress)
    with _alone(path):
        found = _standing(request)
        built = found is None
        if found is None:
            found = _build(request)
    interpreter, mismatches = found
    return Rebuilt(interpreter, path, built, time.monotonic() - started, tuple(mismatches))


def is_rebuilt(identity: str, *, cache_root: Path) -> bool:
    """Tell whether an environment was built here before; whether it is still as it was left is for `rebuild` to say."""
    return (place_of(identity, cache_root) / MARKER).is_file()


def place_of(identity: str, root: Path) -> Path:
    return root / "envs" / identity


@dataclass(frozen=True)
class _Request:
    document: dict[str, Any]
    lock: str
    wheels: tuple[Path, ...]
    path: Path
    offline: bool
    python: Path | None
    settings: Path
    progress: Progress | None

    @property
    def marker(self) -> Path:
        """The file that says a build was finished, with what was found in it then."""
        return self.path / MARKER

    def tell(self, text: str) -> None:
        if self.progress is not None:
            self.progress(text)


def _check_lock(document: dict[str, Any], lock: str) -> None:
    pins = requirements.parse(lock)
    missing = [
        f"{name}=={entry['version']}"
        for name, entry in sorted(document["distributions"].items())
        if name not in pins or pins[name].version != entry["version"] or not pins[name].hashes
    ]
    if missing:
        raise LockIncomplete(
            f"the lock does not say how to install {len(missing)} of {len(document['distributions'])} distributions",
            details=tuple(missing),
            hint="restrike env lock",
        )


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold off everybody else who would build the same environment. The lock goes with the process that holds it."""
    with open(path.with_name(path.name + ".lock"), "ab") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _standing(request: _Request) -> tuple[Interpreter, list[Mismatch]] | None:
    """Return the environment as it was built before, None if there is none or if it is not as it was left."""
    try:
        marker = json.loads(request.marker.read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(marker, dict) or marker.get("format") != FORMAT:
        return None
    try:
        interpreter = inspect(request.path / "bin" / "python", "rebuilt")
    except InterpreterMissing:
        return None  # the Python it was made with has gone from this machine
    now = installed(interpreter, request.path)
    mismatches = compare(request.document, now.document, now.distributions)
    if not mismatches:
        return interpreter, []
    same = now.document == marker["found"] and marker["made_of"] == _made_of(request)
    return (interpreter, mismatches) if same else None


def _made_of(request: _Request) -> list[str]:
    return [digest.of_bytes(request.lock.encode()), *(digest.of_file(wheel)[0] for wheel in request.wheels)]


def _build(request: _Request) -> tuple[Interpreter, list[Mismatch]]:
    path = request.path
    for leftover in path.parent.glob(f".{path.name}.*.building"):
        shutil.rmtree(leftover)  # whoever made it died: the lock is ours
    building = path.with_name(f".{path.name}.{secrets.token_hex(6)}.building")
    try:
        with atomic.told_plainly(building):
            _install(request, building)
            _put_in_place(request, building)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    request.tell("proving what was installed")
    interpreter = inspect(path / "bin" / "python", "rebuilt")
    found = installed(interpreter, path)
    marker = {"format": FORMAT, "found": found.document, "made_of": _made_of(request)}
    atomic.write(request.marker, json.dumps(marker).encode())
    return interpreter, compare(request.document, found.document, found.distributions)


def _put_in_place(request: _Request, building: Path) -> None:
    if request.path.exists():
        os.rename(request.path, building.with_name(building.name + ".old.building"))
        shutil.rmtree(building.with_name(building.name + ".old.building"))
    atomic.write_point()
    os.rename(building, request.path)
    atomic.sync_folder(request.path.parent)


def _install(request: _Request, building: Path) -> None:
    request.tell("making a virtual environment")
    python = _python(request)
    made = uv.call(
        ["venv", "--relocatable", "--no-project", "--quiet", "--python", python, building],
        folder=request.settings,
        offline=True,
    )
    if not made.ok:
        raise RebuildFailed("uv could not make a virtual environment", details=tuple(made.complaint.splitlines()))
    total = len(request.document["distributions"])
    if total == 0:
        return
    request.tell(f"installing {total} distributions")
    answer = _installed(request, building, offline=True)
    if not answer.ok and not request.offline:
        request.tell(f"fetching and installing {total} distributions")
        answer = _installed(request, building, offline=False)
    if b"No space left on device" in answer.errors:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(building))
    if not answer.ok:
        raise RebuildFailed(
            "uv could not install what the lock names" + (" without the network" if request.offline else ""),
            details=tuple(answer.complaint.splitlines()),
            hint="restrike env rebuild" if request.offline else None,
        )


def _installed(request: _Request, building: Path, *, offline: bool) -> Completed:
    folders = sorted({str(wheel.parent) for wheel in request.wheels})
    return uv.call(
        [
            *("pip", "install", "--quiet", "--require-hashes", "--no-deps", "--link-mode", "copy"),
            *("--python", building / "bin" / "python", "--requirements", "-"),
            *(argument for folder in folders for argument in ("--find-links", folder)),
        ],
        folder=request.settings,
        offline=offline,
        given=request.lock,
    )


def _python(request: _Request) -> Path:
    """Return an executable of the recorded implementation and version."""
    wanted = request.document
    for candidate in (request.python, Path(sys.executable)):
        if candidate is not None and candidate.exists() and _fits(candidate, wanted):
            return candidate
    name = f"{wanted['implementation']}@{wanted['python']}"
    answer = uv.call(["python", "find", "--no-project", "--system", name], folder=request.settings, offline=True)
    found = Path(answer.output.decode().strip()) if answer.ok else None
    if found is None or not _fits(found, wanted):
        raise PythonUnavailable(
            f"this machine has no {wanted['implementation']} {wanted['python']}, which the environment used",
            hint=f"uv python install {name}",
        )
    return found


def _fits(executable: Path, wanted: dict[str, Any]) -> bool:
    try:
        found = inspect(executable, "rebuilt")
    except (InterpreterMissing, InterpreterTooOld):
        return False
    return all(getattr(found, fact) == wanted[fact] for fact in ("implementation", "python", "soabi", "arch"))
