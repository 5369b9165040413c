"""Functions that stand in for built-in ones: as an attribute of a class they do not bind, and they pickle by name."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any


class StandIn:
    """Calls `function` in place of a module's own; for whoever looks, it has that one's name."""

    def __init__(self, module: ModuleType, name: str, function: Callable[..., Any]):
        original = getattr(module, name)
        self.__module__ = module.__name__
        self.__name__ = self.__qualname__ = name
        self.__doc__ = original.__doc__
        self.__text_signature__ = getattr(original, "__text_signature__", None)
        self._function = function

    def __call__(self, *positional: Any, **named: Any) -> Any:
        return self._function(*positional, **named)

    def __repr__(self) -> str:
        return f"<built-in function {self.__name__}>"

    def __reduce__(self) -> str:
        return self.__name__


def put(module: ModuleType, name: str, function: Callable[..., Any]) -> None:
    """Have a function stand in for a module's own, for the rest of this process."""
    setattr(module, name, StandIn(module, name, function))
