"""The lock: the way back to an environment. Every distribution by version and hash, and no index address.

Made from the project's own lock where that pins what is installed, else by asking uv for the hashes of what is
installed. It is kept by environment identity, so that only the first run in an environment asks.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from restrike.base import atomic, digest
from restrike.environment import requirements, uv
from restrike.environment.capture import Environment
from restrike.environment.distributions import Distribution
from restrike.environment.errors import LockFailed
from restrike.environment.requirements import Pin

FORMAT = "restrike.lock-cache/1"
ASK_AGAIN_S = 600  # an incomplete lock is looked up again after this long: uv's cache may have grown
MOST_REFUSALS = 12  # offline; each costs a start of uv

_REASONS = {
    "folder": "it is installed from a folder outside the project",
    "url": "it is installed from an address, not from an index",
    "vcs": "it is installed from a repository, not from an index",
    "conda": "conda installed it",
    "path": "no distribution declares it",
}
_COMPILE = ("pip", "compile", "-", "--generate-hashes", "--no-deps", "--no-header", "--no-annotate", "--quiet")
_WHEELS_ONLY = ("--only-binary", ":all:")  # what is known by name alone must run no code before it is proved
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_REFUSED = re.compile(r"Because (?:there (?:is|are) no versions? of )?(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)")


@dataclass(frozen=True)
class Lock:
    """Pins with hashes for everything that could be pinned; `missing` says what could not be, and why."""

    text: str
    complete: bool
    missing: tuple[str, ...]  # "NAME==VERSION: why"
    source: str  # "uv.lock", "requirements" or "installed"
    wheels: tuple[Path, ...] = ()  # local archives that are in no index and are needed beside it


def lock(environment: Environment, *, project: Path, cache: Path | None = None, offline: bool = True) -> Lock:
    """Return the lock of an environment. Offline, only uv's cache is asked; else the index that uv is set up for."""
    kept_at = (cache or environment.cache) / f"lock-{environment.identity}.json"
    sources = _project_files(project)
    key = [digest.of_file(path)[0] for path in sources]
    kept = _kept(kept_at, key, offline)
    if kept is None:
        kept = _made(environment, project, sources, offline)
        _keep(kept_at, key, kept)
    return kept


def completed(document: dict[str, Any], text: str, *, folder: Path, python: Path | None = None) -> str:
    """Return a recorded environment's lock with what it lacks, as far as the index that uv is set up for has it.

    uv's settings are read from `folder`; `python` is an executable to ask for. Only versions with wheels are pinned.
    That an index has a name and version does not make it what was installed: that is for the proof to say.
    """
    pins = requirements.parse(text)
    lacking = {
        name: entry["version"]
        for name, entry in document["distributions"].items()
        if name not in pins or pins[name].version != entry["version"] or not pins[name].hashes
    }
    if not lacking or not all(map(_NAME.fullmatch, lacking)):
        return text  # it is whole, or what no index can have keeps it from ever being so
    executable = python if python is not None and python.exists() else Path(sys.executable)
    asked = (*_WHEELS_ONLY, "--python", str(executable), "--python-version", document["python"])
    found, _ = _looked_up(lacking, asked, folder, offline=False)
    return requirements.render(pins | found)


def _made(environment: Environment, project: Path, sources: list[Path], offline: bool) -> Lock:
    wanted, archives, missing = _sorted_out(environment.distributions)
    pins, source = _own(wanted, project, sources)
    if pins is None:
        pins, refused = _looked_up(wanted, ("--python", str(environment.interpreter.executable)), project, offline)
        missing += [f"{name}=={wanted[name]}: {why}" for name, why in refused.items()]
    wheels = []
    for one in archives:
        path = one.source
        assert path is not None
        pins[one.name] = Pin(one.version, frozenset({f"sha256:{digest.of_file(path)[0]}"}))
        wheels.append(path)
    return Lock(requirements.render(pins), not missing, tuple(sorted(missing)), source, tuple(wheels))


def _sorted_out(
    distributions: Iterable[Distribution],
) -> tuple[dict[str, str], list[Distribution], list[str]]:
    """Return what an index should have (name to version), what local archives give, and what neither can."""
    wanted: dict[str, str] = {}
    archives: list[Distribution] = []
    missing: list[str] = []
    for one in distributions:
        if one.first_party:
            continue
        if one.tampered:
            missing.append(f"{one.name}=={one.version}: {_changed(len(one.tampered))}")
        if "(also" in one.name:
            missing.append(f"{one.name}: the distribution is installed twice")
        elif one.how == "index":
            wanted[one.name] = one.version
        elif one.how == "archive" and one.source is not None and one.source.is_file():
            archives.append(one)
        elif one.how == "archive":
            missing.append(f"{one.name}=={one.version}: the file it was installed from is gone: {one.source}")
        else:
            missing.append(f"{one.name}=={one.version}: {_REASONS[one.how]}")
    return wanted, archives, missing


def _changed(files: int) -> str:
    return f"{files} of its files {'was' if files == 1 else 'were'} changed after it was installed; reinstall it"


def _project_files(project: Path) -> list[Path]:
    lists = [*sorted(project.glob("requirements*.txt")), *sorted(project.glob("requirements/*.txt"))]
    return [path for path in (project / "uv.lock", *lists) if path.is_file()]


def _own(wanted: dict[str, str], project: Path, sources: list[Path]) -> tuple[dict[str, Pin] | None, str]:
    """Return the project's own pins of what is installed, if one of its files pins just that, with hashes."""
    for path in sources:
        pins = requirements.parse(_exported(project) if path.name == "uv.lock" else path.read_text("utf-8", "replace"))
        needless = {name for name, pin in pins.items() if not pin.conditional and name != "restrike"} - set(wanted)
        right = all(name in pins and pins[name].version == wanted[name] and pins[name].hashes for name in wanted)
        if right and not needless:
            return {name: pins[name] for name in wanted}, "uv.lock" if path.name == "uv.lock" else "requirements"
    return None, "installed"


def _exported(project: Path) -> str:
    extent = ["--frozen", "--all-extras", "--all-groups", "--no-emit-local"]
    answer = uv.call(["export", *extent, "--no-header", "--no-annotate"], folder=project, offline=True)
    return answer.output.decode("utf-8", "replace") if answer.ok else ""


def _looked_up(
    wanted: dict[str, str], options: Sequence[str], folder: Path, offline: bool
) -> tuple[dict[str, Pin], dict[str, str]]:
    """Ask uv for hashes; return the pins, and for each distribution that it does not know the reason."""
    left, refused = dict(wanted), dict[str, str]()
    while left:
        answer = uv.call(
            [*_COMPILE, *options],
            folder=folder,
            offline=offline,
            given="".join(f"{name}=={version}\n" for name, version in left.items()),
        )
        if answer.ok:
            pins = requirements.parse(answer.output.decode())
            for name in [name for name in left if name not in pins or pins[name].version != left[name]]:
                refused[name] = "uv's settings for this project pin another version"
            return {name: pins[name] for name in left if name not in refused}, refused
        complaint = answer.errors.decode("utf-8", "replace")
        match = _REFUSED.search(complaint)
        if match is None or match["name"] not in left:
            return {}, refused | dict.fromkeys(left, _failure(complaint, offline))
        name = match["name"]
        why = _refusal(left[name], complaint, offline)
        refused[name] = why
        del left[name]
        if offline and len(refused) == MOST_REFUSALS and left:
            refused.update(dict.fromkeys(left, f"not looked up, after {MOST_REFUSALS} others were not in uv's cache"))
            return {}, refused
    return {}, refused


def _failure(complaint: str, offline: bool) -> str:
    """Return why nothing could be looked up; raise LockFailed where looking up is what was asked for."""
    lines = complaint.strip().splitlines() or ["uv did not say why"]
    if not offline:
        raise LockFailed("uv could not look up what is installed", details=tuple(lines[-8:]))
    return f"uv could not look it up ({lines[0].removeprefix('error: ')})"


def _refusal(version: str, complaint: str, offline: bool) -> str:
    """Return why uv does not know one version."""
    if "+" in version:
        return "a local version, which no index known here has"
    if offline and "no version of" not in complaint:
        return "not in uv's cache"
    return "no index known here has this version"


def _kept(path: Path, key: list[str], offline: bool) -> Lock | None:
    try:
        document = json.loads(path.read_bytes())
        if document["format"] != FORMAT or document["key"] != key:
            return None
        found = _lock(document["lock"])
        fresh = offline and time.time() - document["time"] < ASK_AGAIN_S
        return found if (found.complete or fresh) and all(wheel.is_file() for wheel in found.wheels) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # a cache that cannot be read is an empty one


def _keep(path: Path, key: list[str], made: Lock) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"format": FORMAT, "key": key, "time": time.time(), "lock": asdict(made)}
    atomic.write(path, json.dumps(document, default=str).encode(), durable=False)


def _lock(document: dict[str, Any]) -> Lock:
    return Lock(
        text=document["text"],
        complete=document["complete"],
        missing=tuple(document["missing"]),
        source=document["source"],
        wheels=tuple(map(Path, document["wheels"])),
    )
