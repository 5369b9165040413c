"""The corpus: small pipelines and edits of them, both as data (`tests/corpus`)."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from judging import Place

CORPUS = Path(__file__).resolve().parents[2] / "corpus"


@dataclass(frozen=True)
class Mutation:
    """One edit of a pipeline.

    `needless` names the steps that are executed though nothing they make changes, with the reason. A `control` edits
    the body of that step, so that it must change; `gives` states what some outputs must be, worked out by hand.
    """

    name: str
    kind: str
    edits: tuple[Mapping[str, Any], ...]
    needless: Mapping[str, str] = field(default_factory=dict)
    control: str | None = None
    gives: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Pipeline:
    """A pipeline with its mutations; `packages` are installed and `variables` set before any of them."""

    name: str
    about: str
    mutations: tuple[Mutation, ...]
    packages: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    requirements: str | None = None
    slow: bool = False

    @property
    def folder(self) -> Path:
        return CORPUS / self.name

    def copy(self, target: Path) -> Path:
        """Copy the project; what its repository ignores is not part of it."""
        return Path(shutil.copytree(self.folder / "project", target, symlinks=True, ignore=_leavings))

    def expected(self, project: Path) -> dict[str, Any]:
        """Return what some outputs must be, worked out without the project's code."""
        values: dict[str, Any] = runpy.run_path(str(self.folder / "expected.py"))["expected"](project)
        return values


def _leavings(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name in ("__pycache__", ".restrike")}


def pipeline(name: str) -> Pipeline:
    """Read a pipeline of the corpus."""
    document = yaml.safe_load((CORPUS / name / "mutations.yaml").read_text())
    mutations = tuple(Mutation(**{**item, "edits": tuple(item["edits"])}) for item in document.pop("mutations"))
    return Pipeline(name, mutations=mutations, **document)


def pipelines() -> list[Pipeline]:
    """Return all pipelines of the corpus, by name."""
    return [pipeline(path.parent.name) for path in sorted(CORPUS.glob("*/mutations.yaml"))]


def apply(mutation: Mutation, place: Place) -> None:
    """Edit the files of a place as a mutation says."""
    for edit in mutation.edits:
        _apply(edit, place)


def _apply(edit: Mapping[str, Any], place: Place) -> None:
    match edit:
        case {"file": name, "old": old, "new": new}:
            path = place.project / name
            text = path.read_text()
            if text.count(old) != 1:
                raise ValueError(f"{name}: {text.count(old)} times {old!r}")
            path.write_text(text.replace(old, new))
        case {"file": name, "text": text}:
            path = place.project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        case {"remove": name}:
            path = place.project / name
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        case {"move": name, "to": target}:
            (place.project / target).parent.mkdir(parents=True, exist_ok=True)
            (place.project / name).rename(place.project / target)
        case {"link": name, "to": target}:
            (place.project / name).unlink(missing_ok=True)
            os.symlink(target, place.project / name)
        case {"command": words}:
            subprocess.run(words, cwd=place.project, check=True, env=dict(place.variables), timeout=30)
        case {"variables": _} | {"packages": _}:
            pass  # of the place itself, not of its files
        case _:
            raise ValueError(f"no edit: {edit}")


def surroundings(mutation: Mutation, name: str) -> dict[str, Any]:
    """Return the `variables` or `packages` that a mutation changes; None stands for one that is taken away."""
    return {key: value for edit in mutation.edits for key, value in edit.get(name, {}).items()}
