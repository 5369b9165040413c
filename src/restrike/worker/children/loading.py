"""Executes what observes a program under its own names, then takes these away: the program has modules of its own."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

PACKAGES = ("restrike", "restrike.worker", "restrike.worker.trace", "restrike.worker.watch")


def begin(told: str, codes: "list[tuple[str, CodeType]] | None") -> None:
    """Observe this process. `codes` are the modules in the order of their needs; without them, sources are compiled."""
    module_type: Any = type(sys)
    for name in PACKAGES:
        _put(name, module_type(name))
    try:
        for name, code in _compiled() if codes is None else codes:
            module = module_type(name)
            module.__file__ = code.co_filename
            _put(name, module)
            exec(code, module.__dict__)
        module.begin(told)
    finally:
        for name in [name for name in sys.modules if name == "restrike" or name.startswith("restrike.")]:
            del sys.modules[name]


def _put(name: str, module: "Any") -> None:
    sys.modules[name] = module
    parent, _, leaf = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], leaf, module)


def _compiled() -> "list[tuple[str, CodeType]]":
    worker = __file__.rpartition("/children/")[0]
    with open(worker + "/trace/bundle.py", encoding="utf-8") as text:
        names = [line.strip('", \n') for line in text if line.startswith('    "restrike.')]
    found = []
    for name in names:
        file = f"{worker}/{'/'.join(name.split('.')[2:])}.py"
        with open(file, "rb") as stream:
            found.append((name, compile(stream.read(), file, "exec", dont_inherit=True)))
    return found
