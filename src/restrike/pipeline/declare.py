"""`@step`: mark a function as a step without changing what it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

Function = TypeVar("Function", bound=Callable[..., Any])

DECLARATION = "__restrike_step__"


@overload
def step(function: Function) -> Function: ...
@overload
def step(*, outputs: list[str] | None = None) -> Callable[[Function], Function]: ...
def step(function: Function | None = None, *, outputs: list[str] | None = None) -> Any:
    """Declare a function to be a step; it stays the plain, callable function that it was.

    `outputs` names the parts of the tuple or mapping that it returns. What the config declares takes precedence.
    """

    def declare(target: Function) -> Function:
        setattr(target, DECLARATION, {"outputs": list(outputs) if outputs else None})
        return target

    return declare if function is None else declare(function)
