"""What is compared: how each tool is installed, told of the steps, executed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from edits import Edit

HERE = Path(__file__).parent
STEPS = ("sales", "model", "extras", "report")
INPUTS = {"sales": (), "model": ("sales",), "extras": (), "report": ("sales", "model", "extras")}
PARAMETERS: Mapping[str, object] = {"weight": 1, "seed": 3, "area": "1block2", "block": "3", "kind": "cone"}

PRINT = """
def executed(step):
    print(f"executed {step}", flush=True)
"""
WRITE = """
def executed(step):
    with open({path!r}, "a") as file:
        file.write(step + "\\n")
"""


@dataclass(frozen=True)
class Tool:
    """A tool that keeps what steps return, and how its documentation says that this is switched on."""

    name: str
    key: str  # its folder below tools/, with its requirements and the files that are laid over the project
    how: str
    command: tuple[str, ...]  # executed in the project, after {python}, {folder}, {results} and {executions} are put in
    package: str = ""  # that its requirements pin
    variant: str = ""  # another way to use the same tool
    adapt: tuple[Edit, ...] = ()
    prepare: tuple[tuple[str, ...], ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    counts: str = WRITE
    own_python: bool = True  # it is installed in the environment of the steps, not apart from it
    write_parameters: Callable[[Path, Mapping[str, object]], None] | None = None
    always: frozenset[str] = frozenset()  # steps that are to be executed every time, as its documentation advises
    cannot: Mapping[str, str] = field(default_factory=dict)  # mutations that it has no way to express, and why

    @property
    def label(self) -> str:
        return f"{self.key}-{self.variant.replace(' ', '-')}" if self.variant else self.key

    @property
    def folder(self) -> Path:
        return HERE / "tools" / self.key

    @property
    def requirements(self) -> Path:
        return self.folder / "requirements.txt"

    @property
    def title(self) -> str:
        """Return its name, with the way in which it is used where there are several."""
        return f"{self.name}, {self.variant}" if self.variant else self.name

    def version(self) -> str:
        """Return the version that its requirements pin; of restrike, the one that measures."""
        if not self.package:
            return metadata.version(self.key)
        found = re.search(rf"^{re.escape(self.package)}==(\S+)", self.requirements.read_text(), re.MULTILINE)
        if not found:
            raise ValueError(f"{self.requirements} does not pin {self.package}")
        return found[1]
