"""Small random projects: definitions that use each other in every way that Python has, rendered to files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = "mine"
MODULUS = 1_000_003
CALLED = ("function", "class", "reader", "plugins", "optional", "source", "doc", "child", "table")


@dataclass(frozen=True)
class Use:
    """A definition that another one uses, and how the other comes by it."""

    target: int
    style: str


@dataclass(frozen=True)
class Definition:
    """One definition. It uses only definitions of lower numbers, in its own or earlier modules."""

    number: int
    kind: str
    name: str
    module: int
    uses: tuple[Use, ...] = ()
    literal: int = 1
    operator: str = "+"
    default: int = 0
    decorator: int | None = None
    base: int | None = None
    overrides: bool = True
    doc: str = "Return a number."
    comment: str = ""
    rank: float = 0.0

    @property
    def needs(self) -> tuple[int, ...]:
        """Return the numbers of all definitions that this one names."""
        others = (self.decorator, self.base)
        return (*(use.target for use in self.uses), *(number for number in others if number is not None))


@dataclass(frozen=True)
class Program:
    """A project: definitions in modules, steps that call them, and the files beside the code."""

    definitions: Mapping[int, Definition]
    steps: tuple[tuple[str, int, str | None, int], ...]  # name, definition, the step whose output is x, else this x
    plugs: Mapping[str, int] = field(default_factory=dict)
    extra: int | None = None
    numbers: tuple[int, ...] = (1, 2, 3)
    seed: int = 1
    blank_lines: int = 2
    notes: str = "Notes.\n"
    module_names: tuple[str, ...] = ("first", "second", "third", "fourth")

    def name_of(self, number: int) -> str:
        return self.definitions[number].name

    def module_of(self, number: int) -> str:
        return self.module_names[self.definitions[number].module]

    def files(self) -> dict[str, str]:
        """Return the text of every file of the project."""
        files = {f"{PACKAGE}/{name}.py": self._module(index) for index, name in enumerate(self.module_names)}
        files |= {f"{PACKAGE}/plugs/{name}.py": f"VALUE = {value}\n" for name, value in self.plugs.items()}
        files[f"{PACKAGE}/plugs/__init__.py"] = ""
        files[f"{PACKAGE}/__init__.py"] = self._package()
        files[f"{PACKAGE}/numbers.txt"] = " ".join(map(str, self.numbers)) + "\n"
        if self.extra is not None:
            files[f"{PACKAGE}/extra.py"] = f"BONUS = {self.extra}\n"
        return files | {"notes.md": self.notes, ".gitignore": ".restrike/\n", "restrike.yaml": self._configuration()}

    def _configuration(self) -> str:
        lines = ["restrike: 1", "name: random", f"seed: {self.seed}", "steps:"]
        for name, number, source, x in self.steps:
            given = f"inputs: {{x: {source}}}" if source else f"params: {{x: {x}}}"
            use = f"{PACKAGE}.{self.module_of(number)}:{self.name_of(number)}"
            lines.append(f'  {name}: {{use: "{use}", {given}}}')
        return "\n".join(lines) + "\n"

    def _package(self) -> str:
        """Give names on that modules take from the package, earlier modules first."""
        given = {use.target for item in self.definitions.values() for use in item.uses if use.style == "package"}
        ordered = sorted(given, key=lambda number: (self.definitions[number].module, number))
        return "".join(f"from {PACKAGE}.{self.module_of(number)} import {self.name_of(number)}\n" for number in ordered)

    def _module(self, index: int) -> str:
        own = [item for item in self.definitions.values() if item.module == index]
        own.sort(key=lambda item: (item.rank, item.number))
        imports = {line: None for item in own for line in self._imports(item)}
        gap = "\n" * (1 + self.blank_lines)
        return "\n".join(imports) + gap + gap.join(map(self._text, own)) + "\n"

    def _imports(self, item: Definition) -> list[str]:
        """Return the lines at the module's head that a definition needs."""
        lines = [line for use in item.uses if (line := self._import(item, use))]
        for number in (item.decorator, item.base):
            if number is not None and self.definitions[number].module != item.module:
                lines.append(f"from {PACKAGE}.{self.module_of(number)} import {self.name_of(number)}")
        return lines

    def _import(self, item: Definition, use: Use) -> str | None:
        target, module = self.name_of(use.target), self.module_of(use.target)
        if self.definitions[use.target].module == item.module:
            return None
        return {
            "name": f"from {PACKAGE}.{module} import {target}",
            "eval": f"from {PACKAGE}.{module} import {target}",
            "alias": f"from {PACKAGE}.{module} import {target} as {target}_too",
            "module": f"import {PACKAGE}.{module}",
            "modules": f"import {PACKAGE}.{module}",
            "getattr": f"from {PACKAGE} import {module} as {module}_module",
            "star": f"from {PACKAGE}.{module} import *",
            "package": f"from {PACKAGE} import {target}",
            "try": f"try:\n    from {PACKAGE}.{module} import {target}\nexcept ImportError:\n    {target} = None",
        }.get(use.style)

    def _named(self, item: Definition, use: Use) -> str:
        """Return the expression by which a definition comes by another one."""
        target, module = self.name_of(use.target), self.module_of(use.target)
        if self.definitions[use.target].module == item.module:
            return {"eval": f'eval("{target}")', "getattr": f'globals()["{target}"]'}.get(use.style, target)
        return {
            "alias": f"{target}_too",
            "module": f"{PACKAGE}.{module}.{target}",
            "modules": f'__import__("sys").modules["{PACKAGE}.{module}"].{target}',
            "getattr": f'getattr({module}_module, "{target}")',
            "eval": f'eval("{target}")',
            "inner": f'__import__("{PACKAGE}.{module}", fromlist=["{target}"]).{target}',
            "by name": f'__import__("importlib").import_module("{PACKAGE}." + "{module}").{target}',
        }.get(use.style, target)

    def _value(self, item: Definition, use: Use) -> str:
        """Return an expression of `x` that makes a number of what is used."""
        named, kind = self._named(item, use), self.definitions[use.target].kind
        if kind == "constant":
            return named
        if kind == "table":
            return f'{named}["first"](x)'
        return f"{named}().score(x)" if kind == "class" else f"{named}(x)"

    def _text(self, item: Definition) -> str:
        comment = f"# {item.comment}\n" if item.comment else ""
        return comment + str(getattr(self, f"_{item.kind}")(item))

    def _constant(self, item: Definition) -> str:
        return f"{item.name} = {item.literal}"

    def _table(self, item: Definition) -> str:
        named = [self._value(item, use).removesuffix("(x)") for use in item.uses]
        rows = [f'"{key}": {name}' for key, name in zip(("first", "second"), named, strict=False)]
        return f"{item.name} = {{{', '.join(rows)}}}"

    def _patch(self, item: Definition) -> str:
        use = item.uses[0]
        module = f"{PACKAGE}.{self.module_of(use.target)}"
        return f'__import__("importlib").import_module("{module}").{self.name_of(use.target)} = {item.literal}'

    def _wrapper(self, item: Definition) -> str:
        return (
            f"def {item.name}(function):\n"
            f"    def wrapper(*args, **kwargs):\n"
            f"        return (function(*args, **kwargs) {item.operator} {item.literal}) % {MODULUS}\n\n"
            f"    return wrapper"
        )

    def _sum(self, item: Definition, start: str, indent: str = "    ") -> str:
        lines = [f"{indent}value = {start} {item.operator} {item.literal}"]
        lines += [f"{indent}value = value + {self._value(item, use)}" for use in item.uses]
        return "\n".join([*lines, f"{indent}return value % {MODULUS}"])

    def _function(self, item: Definition) -> str:
        head = f"@{self.name_of(item.decorator)}\n" if item.decorator is not None else ""
        start = f"def {item.name}(x, shift={item.default}):\n"
        return head + start + f'    """{item.doc}"""\n' + self._sum(item, "(x + shift)")

    def _class(self, item: Definition) -> str:
        base = f"({self.name_of(item.base)})" if item.base is not None else ""
        head = f'class {item.name}{base}:\n    """{item.doc}"""\n\n    factor_{item.number} = {item.default}'
        body = self._sum(item, f"(x + self.factor_{item.number})", "        ")
        own = f"\n\n    def score(self, x):\n{body}" if item.overrides or item.base is None else ""
        return head + own + f"\n\n    def spare(self, x):\n        return x - {item.literal}"

    def _reader(self, item: Definition) -> str:
        words = '__import__("pathlib").Path(__file__).with_name("numbers.txt").read_text().split()'
        return f"def {item.name}(x):\n    return (x + sum(map(int, {words}))) % {MODULUS}"

    def _plugins(self, item: Definition) -> str:
        return (
            f"def {item.name}(x):\n"
            f"    import importlib, pathlib\n"
            f'    names = sorted(path.stem for path in pathlib.Path(__file__).parent.glob("plugs/[a-z]*.py"))\n'
            f'    found = [importlib.import_module(f"{PACKAGE}.plugs.{{name}}") for name in names]\n'
            f"    return (x + sum(module.VALUE for module in found)) % {MODULUS}"
        )

    def _optional(self, item: Definition) -> str:
        return (
            f"try:\n    from {PACKAGE}.extra import BONUS as bonus_{item.number}\n"
            f"except ImportError:\n    bonus_{item.number} = 0\n\n\n"
            f"def {item.name}(x):\n    return (x + bonus_{item.number}) % {MODULUS}"
        )

    def _source(self, item: Definition) -> str:
        looked_at = self._named(item, item.uses[0])
        return (
            f"def {item.name}(x):\n    import inspect\n\n"
            f"    return (x + len(inspect.getsource({looked_at}))) % {MODULUS}"
        )

    def _doc(self, item: Definition) -> str:
        return f"def {item.name}(x):\n    return (x + len({self._named(item, item.uses[0])}.__doc__ or '')) % {MODULUS}"

    def _child(self, item: Definition) -> str:
        use = item.uses[0]
        module, target = self.module_of(use.target), self.name_of(use.target)
        call = f"{target}().score(7)" if self.definitions[use.target].kind == "class" else f"{target}(7)"
        program = f"from {PACKAGE}.{module} import {target}; print({call})"
        return (
            f"def {item.name}(x):\n    import subprocess, sys\n\n"
            f"    answer = subprocess.run([sys.executable, '-c', '{program}'], stdout=subprocess.PIPE, check=True)\n"
            f"    return (x + int(answer.stdout)) % {MODULUS}"
        )


def write(program: Program, folder: Path) -> None:
    """Make a folder hold a program's files and nothing older; what did not change is not written."""
    files = program.files()
    for path in [*folder.glob(f"{PACKAGE}/**/*.py"), *folder.glob("*.py")]:
        if path.relative_to(folder).as_posix() not in files:
            path.unlink()
    for name, text in files.items():
        path = folder / name
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
