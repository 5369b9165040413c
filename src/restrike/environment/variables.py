"""Which of the user's environment variables reach a step: those passed by name; and secrets, never written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Declared(Protocol):
    """The part of an environment's declaration that names variables."""

    @property
    def pass_(self) -> tuple[str, ...]: ...
    @property
    def secret(self) -> tuple[str, ...]: ...
    @property
    def set(self) -> Mapping[str, str]: ...


def variables(declared: Declared, environ: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return (passed, secrets): the first enters the recipe, the second may reach a worker and nothing else.

    A variable that is not set is in neither: absent is what the step sees, too. A name that is declared secret is
    secret, even if it is also passed or set.
    """
    secrets = {name: environ[name] for name in declared.secret if name in environ}
    passed = {name: environ[name] for name in declared.pass_ if name in environ}
    passed.update(declared.set)
    hidden = set(declared.secret)
    return {name: passed[name] for name in sorted(passed) if name not in hidden}, secrets
