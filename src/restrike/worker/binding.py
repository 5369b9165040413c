"""From a step's declaration to the arguments of its function, and from what it returns to its outputs."""

from __future__ import annotations

import difflib
import importlib
import inspect
import os
import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from restrike.pipeline.declare import DECLARATION
from restrike.worker.failure import StepError

_SEEDS = ("seed", "random_state")
_SHORT_NAMES = {"pd": "pandas", "pl": "polars", "np": "numpy", "pa": "pyarrow"}


def function_of(use: str, roots: list[str]) -> Callable[..., Any]:
    """Import `module:function`, from the project before anything else. Errors inside the module are the user's."""
    module_name, _, attribute = use.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not (module_name + ".").startswith(error.name + "."):
            raise  # something that the module itself imports is missing
        raise StepError(
            f"'{use}' cannot be imported: there is no module '{error.name}' in the project or its environment",
            "modules are found from the project's root and from src/; ignored files are not part of a run",
        ) from error
    _refuse_shadowed(module_name, module, roots)
    found: Any = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            known = [name for name in vars(found) if callable(vars(found)[name]) and not name.startswith("_")]
            near = difflib.get_close_matches(part, known, n=1)
            told = f"; it has: {', '.join(sorted(known)[:12])}" if known else ""
            told = f"; did you mean '{near[0]}'?" if near else told
            raise StepError(f"'{use}' cannot be imported: module '{module_name}' has no '{part}'{told}")
        found = getattr(found, part)
    if not callable(found):
        raise StepError(f"'{use}' is a {type(found).__name__}, not a function")
    return typing.cast("Callable[..., Any]", found)


def _refuse_shadowed(name: str, module: types.ModuleType, roots: list[str]) -> None:
    file = getattr(module, "__file__", None) or ""
    if any(file.startswith(place + "/") for place in roots):
        return
    first = name.partition(".")[0]
    for root in roots:
        for candidate in (f"{root}/{first}.py", f"{root}/{first}/__init__.py"):
            if os.path.exists(candidate):
                raise StepError(
                    f"module '{first}' of the project has the name of one that Python had already loaded",
                    f"rename {os.path.relpath(candidate, root)}",
                )


def arguments(
    function: Callable[..., Any],
    use: str,
    inputs: dict[str, Callable[[Any], Any]],
    params: dict[str, Any],
    seed: int,
) -> tuple[list[Any], dict[str, Any]]:
    """Return positional and keyword arguments. `inputs` are readers, called with the type asked for."""
    try:
        parameters = inspect.signature(function).parameters
    except (ValueError, TypeError):  # a builtin that does not say: pass everything by name
        return [], {**{name: read(None) for name, read in inputs.items()}, **params}
    _check(parameters, use, set(inputs), set(params))
    wants = wanted_types(function)
    given: dict[str, Any] = {name: read(wants.get(name)) for name, read in inputs.items()}
    given.update(params)
    for name in _SEEDS:
        if name in parameters and name not in given and parameters[name].kind not in (2, 4):
            given[name] = seed
    positional = [
        given.pop(name) for name, item in parameters.items() if item.kind is item.POSITIONAL_ONLY and name in given
    ]
    return positional, given


def left_in_place(function: Callable[..., Any], use: str, datasets: Iterable[str], params: Iterable[str]) -> list[str]:
    """Return the datasets that a function has no parameter for: it opens them at their paths."""
    try:
        parameters = inspect.signature(function).parameters
    except (ValueError, TypeError):
        return []
    if any(item.kind is item.VAR_KEYWORD for item in parameters.values()):
        return []
    open_to_all = set(parameters) - set(datasets) - set(params)
    for name in (missed := [name for name in datasets if name not in parameters]):
        if near := difflib.get_close_matches(name, open_to_all, n=1, cutoff=0.8):
            raise StepError(f"function '{use}' takes no input '{name}'; did you mean '{near[0]}'?")
    return missed


def _check(parameters: Mapping[str, inspect.Parameter], use: str, inputs: set[str], params: set[str]) -> None:
    taken = {name for name, item in parameters.items() if item.kind not in (item.VAR_POSITIONAL, item.VAR_KEYWORD)}
    takes_any = any(item.kind is item.VAR_KEYWORD for item in parameters.values())
    unknown = sorted((inputs | params) - taken)
    if unknown and not takes_any:
        kind = "input" if unknown[0] in inputs else "parameter"
        names = ", ".join(parameters) or "none"
        near = difflib.get_close_matches(unknown[0], taken - inputs - params, n=1)
        told = f"; did you mean '{near[0]}'?" if near else ""
        raise StepError(f"function '{use}' takes no {kind} '{unknown[0]}'{told} (it takes: {names})")
    missing = [
        name for name in taken - inputs - params - set(_SEEDS) if parameters[name].default is inspect.Parameter.empty
    ]
    if missing:
        first = next(name for name in parameters if name in missing)
        raise StepError(
            f"function '{use}' needs '{first}', which is neither an input nor a parameter of the step",
            f"params: {{{first}: ...}}   or   inputs: {{{first}: ...}}",
        )


def wanted_types(function: Callable[..., Any]) -> dict[str, type]:
    """Return the plain type that each parameter is annotated with, where it has one that can be found."""
    try:
        hints = typing.get_type_hints(function)
    except Exception:  # noqa: BLE001  # an annotation may be any expression, for a type checker's eyes only
        raw = getattr(inspect.unwrap(function), "__annotations__", {})
        hints = {name: _evaluated(hint, function) for name, hint in raw.items()}
    wants = {name: _plain(hint) for name, hint in hints.items()}
    return {name: want for name, want in wants.items() if want is not None}


def _evaluated(hint: Any, function: Callable[..., Any]) -> Any:
    if not isinstance(hint, str):
        return hint
    try:
        return eval(hint, getattr(inspect.unwrap(function), "__globals__", {}))  # the user's own annotation
    except Exception:  # noqa: BLE001  # see above
        module, _, name = hint.rpartition(".")
        module = _SHORT_NAMES.get(module, module)
        if module in _SHORT_NAMES.values() and name.isidentifier():
            try:
                return getattr(importlib.import_module(module), name, None)
            except ImportError:
                return None
        return None


def _plain(hint: Any) -> type | None:
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        return _plain(typing.get_args(hint)[0])
    if origin is typing.Union or origin is types.UnionType:
        kinds = [kind for kind in typing.get_args(hint) if kind is not type(None)]
        return _plain(kinds[0]) if len(kinds) == 1 else None
    found = origin if origin is not None else hint
    return found if isinstance(found, type) and found not in (Any, object) else None


def outputs(value: Any, names: list[str], use: str, function: Callable[..., Any]) -> dict[str, Any]:
    """Return what belongs to each declared output: the value, the parts of a tuple, or those of a mapping by name."""
    declared = (getattr(function, DECLARATION, None) or {}).get("outputs")
    if declared and names != declared and len(names) == 1 and len(declared) > 1:
        raise StepError(
            f"function '{use}' declares {len(declared)} outputs, but the step has one",
            f"outputs: [{', '.join(declared)}]",
        )
    if len(names) == 1:
        return {names[0]: value}
    if isinstance(value, Mapping):
        missing, extra = [n for n in names if n not in value], [str(n) for n in value if n not in names]
        if missing or extra:
            told = [f"'{missing[0]}' is missing"] if missing else []
            told += [f"'{extra[0]}' is not declared"] if extra else []
            raise StepError(
                f"function '{use}' returned a mapping that is not the declared outputs: {' and '.join(told)}"
            )
        return {name: value[name] for name in names}
    if isinstance(value, (tuple, list)):
        if len(value) != len(names):
            raise StepError(
                f"function '{use}' returned {len(value)} values for {len(names)} outputs ({', '.join(names)})"
            )
        return dict(zip(names, value, strict=True))
    raise StepError(
        f"function '{use}' returned a {type(value).__name__} for {len(names)} outputs ({', '.join(names)})",
        "return a tuple in the declared order, or a dict with these names",
    )


def roots_in(folder: str) -> list[str]:
    """Return the entries of the search path that lie in the project."""
    return [place for place in sys.path if place == folder or place.startswith(folder + "/")]
