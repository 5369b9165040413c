"""`restrike get` and `load`: artifacts out of the store."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

from restrike import codecs
from restrike.base.errors import RestrikeError
from restrike.execution.run import Place
from restrike.records import names, recorded
from restrike.records.artifact import Artifact
from restrike.workspace import find

OUTPUT = "output"


class UnknownArtifact(RestrikeError):
    """A run has no artifact at this address."""

    code = "R705"


class TargetExists(RestrikeError):
    """Something else lies where an artifact should be written; it is left as it is."""

    code = "R706"


def get(address: str, target: Path | None = None, *, project: Path | None = None) -> dict[str, Any]:
    """Write an artifact, verified, to a path and return where it is. `address` is `RUN:STEP` or `RUN:STEP.OUTPUT`."""
    with find(project).place() as place:
        run, name, made = _resolve(place, address)
        path = target if target is not None else Path(name + suffix_of(made))
        if path.is_dir() and made.kind == "file":
            path = path / (name + suffix_of(made))
        if path.exists() or path.is_symlink():
            raise TargetExists(f"'{path}' exists already", hint=f"restrike get {address} -o ANOTHER_PATH")
        if not path.parent.is_dir():
            raise TargetExists(f"the folder '{path.parent}' does not exist", hint=f"mkdir -p '{path.parent}'")
        if made.kind == "folder":
            place.ledger.store.place_tree(made.digest, path, mode=0o644)
        else:
            place.ledger.store.place(made.digest, path, mode=0o644)
    return {
        "run": run,
        "artifact": name,
        "codec": made.codec,
        "path": str(path),
        "digest": made.digest,
        "size": made.size,
        "executes_code": made.executes_code,
    }


def load(address: str, *, project: Path | None = None) -> Any:
    """Return an artifact as a Python value, verified.

    A value whose codec executes code when loaded (a pickled model) is loaded in this process: the store is your own.
    """
    with find(project).place() as place, place.ledger.store.temporary() as folder:
        _, _, made = _resolve(place, address)
        if made.kind == "folder":
            place.ledger.store.place_tree(made.digest, folder / "value")
        else:
            place.ledger.store.place(made.digest, folder / "value")
        return codecs.decode(folder / "value", made.codec, None, made.engine)


SUFFIXES = {
    "table/arrow": ".arrow",
    "array/npy": ".npy",
    "scalar/npy": ".npy",
    "json": ".json",
    "values/json": ".json",
    "text": ".txt",
    "bytes": ".bin",
    "sklearn/pickle": ".pkl",
    "pickle": ".pkl",
}


def suffix_of(made: Artifact) -> str:
    """Return the ending of the file name that an artifact is given outside the store."""
    return made.suffix or SUFFIXES.get(made.codec.partition("@")[0], "")


def _resolve(place: Place, address: str) -> tuple[str, str, Artifact]:
    run_text, colon, name = address.partition(":")
    if not colon or not name:
        raise UnknownArtifact(
            f"'{address}' is no address of an artifact",
            hint=f"restrike get {address.rstrip(':') or '@last'}:STEP.OUTPUT",
        )
    run = recorded.read(place.ledger, names.resolve(place.ledger, run_text))
    for candidate in (name, f"{name}.{OUTPUT}"):
        if candidate in run.artifacts:
            return run.run, candidate.removesuffix(f".{OUTPUT}"), run.artifacts[candidate]
    of_step = [known for known in run.artifacts if known.startswith(f"{name}.")]
    if len(of_step) == 1:
        return run.run, of_step[0], run.artifacts[of_step[0]]
    known = sorted(of_step or run.artifacts)
    near = difflib.get_close_matches(name, [*known, *(item.removesuffix(f".{OUTPUT}") for item in known)], n=1)
    raise UnknownArtifact(
        f"run '{run_text}' has no artifact '{name}' (it has: {', '.join(known) or 'none'})",
        where=f"run {run.run[:12]}",
        hint=f"restrike get {run_text}:{near[0]}" if near else None,
    )
