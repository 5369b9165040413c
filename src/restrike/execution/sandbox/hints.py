"""The lines of restrike.yaml that give a step what the seal kept from it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import PurePosixPath

INDENT = "  "
_PLAIN = re.compile(r"[A-Za-z./~][\w./~+-]*", re.ASCII)  # no other meaning in YAML: no number, no sign of its own
_SECRET = re.compile(
    r"(^|_)(TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|(API|ACCESS|PRIVATE)_?KEY|KEY)(_|$)", re.IGNORECASE
)
_WORDS = ("~", "true", "false", "null", "yes", "no", "on", "off")


class Hints:
    """The hints for one step. Each is a piece of restrike.yaml from its top level, to be pasted line by line.

    `taken` are names of the step's inputs and parameters. `data` maps datasets to paths, and takes up what is
    suggested: hints that share it can all be pasted. A built-in step has no section of its own, so what it lacks can
    only come with the code.
    """

    def __init__(
        self, step: str, taken: Iterable[str] = (), data: dict[str, str] | None = None, *, builtin: bool = False
    ):
        self._step, self._builtin = step, builtin
        self._taken = set(taken)
        self._data = {} if data is None else data

    def as_data(self, path: str) -> str:
        """Declare a file or folder as data and as an input of the step."""
        if self._builtin:
            return (
                self.in_snapshot(path) if path[0] not in "/~" else f"cp -r {path} .   # a copy in the project is code"
            )
        name = next((name for name, known in self._data.items() if known == path), None)
        if name is None:
            name = _free(_identifier(PurePosixPath(path).stem), self._data)
            self._data[name] = path
        return f"{_piece('data', name, _quoted(path))}\n{self._input(name)}"

    def as_input(self, dataset: str) -> str:
        """Declare a dataset as an input of the step."""
        if self._builtin:
            return f"only a step of your own can have data.{dataset} as an input"
        return self._input(dataset)

    def in_snapshot(self, path: str) -> str:
        """Declare a file of the project as code."""
        return _piece("snapshot", "include", f"[{_quoted(path)}]")

    def network(self) -> str:
        """Grant the network."""
        return _piece("allow", "network", "true") if self._builtin else _piece("steps", self._step, "network", "true")

    def variable(self, name: str) -> str:
        """Hand a variable on to steps: as a secret where its name says that it is one."""
        role = "secret" if _SECRET.search(name) else "pass"
        return _piece("environment", "env", role, f"[{name}]")

    def hosts(self, names: Iterable[str]) -> str:
        """Grant hosts by name."""
        listed = f"[{', '.join(map(_quoted, names))}]"
        return _piece("allow", "network", listed) if self._builtin else _piece("steps", self._step, "network", listed)

    def parameter(self, name: str) -> str:
        """Give the step a value instead of having it look for one."""
        if self._builtin:
            return "only a step of your own can have parameters"
        return _piece("steps", self._step, "params", name, "...")

    def _input(self, dataset: str) -> str:
        name = _free(_identifier(dataset), self._taken)
        self._taken.add(name)
        return _piece("steps", self._step, "inputs", name, f"data.{dataset}")


def _piece(*keys_and_value: str) -> str:
    *keys, last, value = keys_and_value
    lines = [f"{INDENT * depth}{key}:" for depth, key in enumerate(keys)]
    return "\n".join([*lines, f"{INDENT * len(keys)}{last}: {value}"])


def _identifier(text: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_").lower() or "file"
    return f"data_{name}" if name[0].isdigit() or name in _WORDS else name


def _free(name: str, taken: Collection[str]) -> str:
    def candidates() -> Iterator[str]:
        yield name
        for number in range(2, len(taken) + 3):
            yield f"{name}_{number}"

    return next(candidate for candidate in candidates() if candidate not in taken)


def _quoted(path: str) -> str:
    if _PLAIN.fullmatch(path) and path.lower() not in _WORDS:
        return path
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
