"""Load a configuration: read, lay over, override, check, resolve."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from restrike.config.errors import ConfigError, Problem
from restrike.config.model import Config

if TYPE_CHECKING:
    from restrike.config.grammar_pipeline import Document
    from restrike.config.tree import Node


def load(path: Path, *, overrides: Sequence[str] = (), cache: Path | None = None) -> Config:
    """Return the resolved configuration; `overrides` are `KEY=VALUE` as `--set` takes them.

    Raise ConfigError with all problems at once, in the order in which they stand. With a folder to cache in, loading
    what has not changed costs little: nothing is parsed and nothing is checked again.
    """
    from restrike.config import files, kept

    path = path.absolute()
    if cache is None:
        return _resolved(path, overrides)[0]
    file = kept.entry(cache, files.read(path), path.parent, path, overrides)
    found = kept.read(file, path)
    if found is None:
        found, contents = _resolved(path, overrides)
        kept.write(file, found, contents)
    return found


def _resolved(path: Path, overrides: Sequence[str]) -> tuple[Config, tuple[bytes, ...]]:
    from restrike.config import files, flags, model, resolved, sources

    loaded = sources.load(path)
    problems = flags.apply(loaded.root, overrides)
    checked, more = _checked(loaded.root)
    problems += more
    if problems or checked is None:
        raise ConfigError(sorted(problems, key=lambda problem: problem.place.order()), files.shown(path, path.parent))
    document = resolved.document(checked, path.parent.name)
    steps = model.steps_of(document, list(checked.steps or ()))
    origins = model.origins_of(document, loaded.root)
    return Config(path, loaded.files, document, model.recipe(document), steps, origins), loaded.contents


def _checked(root: Node) -> tuple[Document | None, list[Problem]]:
    from pydantic import ValidationError

    from restrike.config import checks, wording
    from restrike.config.grammar_pipeline import Document

    plain: dict[str, Any] = root.plain()
    broken: set[str] = set()
    found: list[wording.Fault] = []
    try:
        document = Document.model_validate(plain)
    except ValidationError as error:
        lines = error.errors(include_url=False)
        found += wording.faults(lines, root)
        broken = {str(line["loc"][0]) for line in lines}
        document = Document.model_validate({key: value for key, value in plain.items() if key not in broken})
    written = {key for key, value in plain.items() if value is not None}
    found += checks.faults(document, written, broken)
    return document, [fault.problem(root) for fault in found]
