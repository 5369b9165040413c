"""Estimators and transformers by import path, built with the parameters that their constructors take."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from typing import Any

from restrike.training.errors import ComponentError, nearest

SEEDS = ("random_state", "seed")


def build(declared: Mapping[str, Any], seed: int) -> Any:
    """Return the component that `{use, params}` declares.

    Its parameters may hold components again, at any depth. A constructor with `random_state` or `seed` gets the seed
    unless the parameters name it. Raise ComponentError for a path or parameter that does not exist.
    """
    use = declared["use"]
    factory = find(use)
    if not callable(factory):
        raise ComponentError(f"'{use}' is a {type(factory).__name__}, not something to build an estimator with")
    params = {name: _nested(value, seed) for name, value in (declared.get("params") or {}).items()}
    accepted, open_ended = _parameters(factory)
    for name in params:
        if name not in accepted and not open_ended:
            raise ComponentError(
                f"'{use}' has no parameter '{name}'{nearest(name, accepted)}",
                f"its parameters are: {', '.join(accepted)}",
            )
    seeded = {name: seed for name in SEEDS if name in accepted and not params.keys() & set(SEEDS)}
    try:
        return factory(**{**dict(list(seeded.items())[:1]), **params})
    except (TypeError, ValueError) as error:
        raise ComponentError(f"'{use}' cannot be built with {_shown(params)}: {error}") from error


def find(use: str) -> Any:
    """Import `package.module:Name`. Raise ComponentError, naming what is nearest, where there is no such thing."""
    module_name, _, path = use.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise  # the module is there and lacks something itself: its own traceback says what
        raise ComponentError(*_no_module(use, error.name)) from None
    for attribute in path.split("."):
        known = [name for name in dir(found) if not name.startswith("_")]
        if not hasattr(found, attribute):
            raise ComponentError(f"'{use}': there is no '{attribute}' in '{module_name}'{nearest(attribute, known)}")
        found = getattr(found, attribute)
    return found


def _no_module(use: str, missing: str) -> tuple[str, str | None]:
    parent_name, _, last = missing.rpartition(".")
    if not parent_name:
        return (
            f"'{use}': package '{missing}' is not installed in the project's environment",
            f"uv pip install {missing}",
        )
    parent = importlib.import_module(parent_name)
    known = [module.name for module in pkgutil.iter_modules(getattr(parent, "__path__", ()))]
    known = [name for name in known if not name.startswith("_")]
    return f"'{use}': there is no module '{last}' in '{parent_name}'{nearest(last, known)}", None


def _nested(value: Any, seed: int) -> Any:
    if isinstance(value, Mapping):
        if "use" in value and value.keys() <= {"use", "params"}:
            found = find(value["use"])
            # A function is wanted as itself (FunctionTransformer), a class as an instance.
            return found if "params" not in value and not isinstance(found, type) else build(value, seed)
        return {name: _nested(item, seed) for name, item in value.items()}
    if isinstance(value, list):
        items = [_nested(item, seed) for item in value]
        # scikit-learn's lists of named components hold tuples.
        return [tuple(item) if isinstance(item, list) and _names_component(item) else item for item in items]
    return value


def _names_component(item: list[Any]) -> bool:
    return len(item) >= 2 and isinstance(item[0], str) and hasattr(item[1], "get_params")


def _parameters(factory: Any) -> tuple[list[str], bool]:
    """Return the names that a constructor takes, and whether it takes any other name too.

    `**kwargs` is followed to the base classes: gradient boosting libraries hand their parameters up that way.
    """
    classes = (
        [None] if not isinstance(factory, type) else [each for each in factory.__mro__ if "__init__" in vars(each)]
    )
    if classes == [object]:
        return [], False
    found: dict[str, None] = {}
    for each in classes:
        try:
            signature = inspect.signature(factory if each is None else vars(each)["__init__"])
        except (TypeError, ValueError):
            return list(found), True
        kinds = {parameter.kind for parameter in signature.parameters.values()}
        for name, parameter in list(signature.parameters.items())[0 if each is None else 1 :]:
            if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                found[name] = None
        if inspect.Parameter.VAR_KEYWORD not in kinds:
            return list(found), False
    return list(found), True


def _shown(params: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in params.items()) or "no parameters"
