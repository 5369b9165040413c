"""Random programs, and random edits of them: what people do to code, one thing at a time."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from programs import CALLED, Definition, Program, Use

STYLES = ("name", "name", "alias", "module", "star", "package", "inner", "try", "getattr", "by name", "modules", "eval")
KINDS = ("constant", "function", "function", "function", "class", "class", "wrapper", "table", "reader", "patch")
FIRST = ("constant", "function", "wrapper", "class", "class", "function")
ODD = ("plugins", "optional", "source", "doc", "child")
OPERATORS = ("+", "-", "*", "^")
DEEP = ("literal", "operator", "default", "decorator", "override", "base", "use", "shadow", "plug", "extra")
QUIET = {"comment", "blank lines", "notes"}


def program(chance: random.Random, size: int = 16) -> Program:
    """Return a random program: mostly plain code, with some of what makes code hard to follow."""
    definitions: dict[int, Definition] = {}
    for number in range(size):
        kind = FIRST[number] if number < len(FIRST) else chance.choice(ODD if chance.random() < 0.35 else KINDS)
        definitions[number] = _definition(chance, number, kind, definitions)
    called = [
        item.number for item in definitions.values() if item.kind in CALLED and item.kind not in ("class", "table")
    ]
    picked = sorted(chance.sample(called[-6:], min(chance.randint(2, 4), len(called))))
    steps: list[tuple[str, int, str | None, int]] = []
    for index, number in enumerate(picked):
        source = chance.choice(steps)[0] if steps and chance.random() < 0.5 else None
        steps.append((f"step{index}", number, source, chance.randint(1, 99)))
    return Program(definitions, tuple(steps), plugs={"alpha": 3, "beta": 5}, seed=chance.randint(1, 9))


def _definition(chance: random.Random, number: int, kind: str, known: dict[int, Definition]) -> Definition:
    of = lambda *kinds: [item.number for item in known.values() if item.kind in kinds]  # noqa: E731
    uses: list[int] = []
    if kind in ("function", "class"):
        candidates = of("constant", *CALLED)
        uses = chance.sample(candidates, min(chance.randint(1, 4), len(candidates)))
    elif kind in ("table", "source", "doc", "child"):
        uses = chance.sample(of("function"), 2 if kind == "table" else 1)
    elif kind == "patch":
        uses = of("constant")[-1:]
        kind = "patch" if uses else "constant"
    wrappers, bases = of("wrapper"), of("class")
    wrapped = kind == "function" and wrappers and chance.random() < 0.5
    derived = kind == "class" and bases and chance.random() < 0.7
    item = Definition(
        number,
        kind,
        name=f"{kind}_{number}",
        module=0,
        uses=tuple(Use(target, chance.choice(STYLES)) for target in uses),
        literal=chance.randint(2, 99),
        operator=chance.choice(OPERATORS),
        default=chance.randint(0, 9),
        decorator=chance.choice(wrappers) if wrapped else None,
        base=chance.choice(bases) if derived else None,
        overrides=chance.random() < 0.5,
    )
    lowest = max((known[need].module for need in item.needs), default=0)
    return _placed(replace(item, module=min(3, chance.randint(lowest, lowest + 1))), known)


def _placed(item: Definition, known: dict[int, Definition]) -> Definition:
    """Take a name from the package only out of an earlier module: the package imports them in that order."""
    uses = [
        replace(use, style="name") if use.style == "package" and known[use.target].module >= item.module else use
        for use in item.uses
    ]
    return replace(item, uses=tuple(uses))


class Editor:
    """Makes one random edit after the other."""

    def __init__(self, chance: random.Random):
        self.chance = chance
        self.choices: dict[str, Callable[[Program], Program | None]] = {
            "literal": self._literal,
            "operator": self._operator,
            "default": self._default,
            "use": self._use,
            "style": self._style,
            "decorator": self._decorator,
            "override": self._override,
            "base": self._base,
            "rename": self._rename,
            "move": self._move,
            "reorder": self._reorder,
            "add": self._add,
            "doc": self._doc,
            "plug": self._plug,
            "extra": self._extra,
            "numbers": self._numbers,
            "shadow": self._shadow,
            "parameter": self._parameter,
            "seed": lambda program: replace(program, seed=program.seed + 1),
            "comment": self._comment,
            "blank lines": lambda program: replace(program, blank_lines=3 - program.blank_lines),
            "notes": lambda program: replace(program, notes=program.notes + "More.\n"),
        }

    def edit(self, program: Program) -> tuple[str, Program]:
        """Return what was edited and the edited program; it differs from the one before."""
        while True:
            name = self.chance.choice([*self.choices, *DEEP, *DEEP])
            edited = self.choices[name](program)
            if edited is not None and edited.files() != program.files():
                return name, edited

    def _pick(self, program: Program, *kinds: str) -> Definition | None:
        """Choose a definition, three times out of four one that a step reaches."""
        found = [item for item in program.definitions.values() if not kinds or item.kind in kinds]
        near = [item for item in found if item.number in reached(program)]
        if near and self.chance.random() < 0.75:
            return self.chance.choice(near)
        return self.chance.choice(found) if found else None

    def _changed(self, program: Program, item: Definition | None, **values: Any) -> Program | None:
        if item is None:
            return None
        changed = replace(item, **values)
        return replace(program, definitions={**program.definitions, item.number: changed})

    def _literal(self, program: Program) -> Program | None:
        item = self._pick(program, "constant", "function", "class", "wrapper", "patch")
        return self._changed(program, item, literal=self.chance.randint(100, 999))

    def _operator(self, program: Program) -> Program | None:
        item = self._pick(program, "function", "class", "wrapper")
        return self._changed(program, item, operator=self.chance.choice(OPERATORS))

    def _default(self, program: Program) -> Program | None:
        return self._changed(program, self._pick(program, "function", "class"), default=self.chance.randint(10, 99))

    def _use(self, program: Program) -> Program | None:
        """Let a function use one thing less."""
        item = self._pick(program, "function", "class")
        return self._changed(program, item, uses=item.uses[1:]) if item and item.uses else None

    def _style(self, program: Program) -> Program | None:
        item = self._pick(program, "function", "class", "table")
        if item is None or not item.uses:
            return None
        index = self.chance.randrange(len(item.uses))
        uses = list(item.uses)
        uses[index] = replace(uses[index], style=self.chance.choice(STYLES))
        return self._changed(
            program, item, uses=_placed(replace(item, uses=tuple(uses)), dict(program.definitions)).uses
        )

    def _decorator(self, program: Program) -> Program | None:
        item = self._pick(program, "function")
        if item is None or item.decorator is not None:
            return self._changed(program, item, decorator=None)
        fitting = [
            other.number
            for other in program.definitions.values()
            if other.kind == "wrapper" and other.number < item.number and other.module <= item.module
        ]
        return self._changed(program, item, decorator=self.chance.choice(fitting)) if fitting else None

    def _override(self, program: Program) -> Program | None:
        item = self._pick(program, "class")
        return self._changed(program, item, overrides=not item.overrides) if item else None

    def _base(self, program: Program) -> Program | None:
        item = self._pick(program, "class")
        return self._changed(program, item, base=None, overrides=True) if item and item.base is not None else None

    def _rename(self, program: Program) -> Program | None:
        item = self._pick(program)
        return (
            self._changed(program, item, name=f"{item.kind}_{item.number}_{self.chance.randint(1, 9)}")
            if item
            else None
        )

    def _move(self, program: Program) -> Program | None:
        item = self._pick(program)
        if item is None:
            return None
        users = [other.module for other in program.definitions.values() if item.number in other.needs]
        lowest = max((program.definitions[need].module for need in item.needs), default=0)
        highest = min(users, default=len(program.module_names) - 1)
        moved = self._changed(program, item, module=self.chance.randint(lowest, max(lowest, highest)))
        if moved is None:
            return None
        definitions = dict(moved.definitions)
        return replace(moved, definitions={key: _placed(value, definitions) for key, value in definitions.items()})

    def _reorder(self, program: Program) -> Program | None:
        item = self._pick(program, "function", "reader", "doc", "source")
        return (
            self._changed(program, item, rank=self.chance.choice((-0.5, 0.0, 0.5)))
            if item and not item.decorator
            else None
        )

    def _add(self, program: Program) -> Program:
        number = max(program.definitions) + 1
        kind = self.chance.choice(("constant", "function", "class", "patch", "source", "optional"))
        added = _definition(self.chance, number, kind, dict(program.definitions))
        return replace(program, definitions={**program.definitions, number: added})

    def _doc(self, program: Program) -> Program | None:
        item = self._pick(program, "function", "class")
        return self._changed(program, item, doc="Return a number" + "!" * self.chance.randint(1, 9))

    def _plug(self, program: Program) -> Program:
        plugs = dict(program.plugs)
        name = self.chance.choice(("alpha", "beta", "gamma"))
        if name in plugs and self.chance.random() < 0.5:
            del plugs[name]
        else:
            plugs[name] = self.chance.randint(10, 99)
        return replace(program, plugs=plugs)

    def _extra(self, program: Program) -> Program:
        return replace(program, extra=None if program.extra is not None else self.chance.randint(1, 99))

    def _numbers(self, program: Program) -> Program:
        return replace(program, numbers=(*program.numbers, self.chance.randint(1, 99)))

    def _shadow(self, program: Program) -> Program | None:
        """Bind a name of a module that takes it from elsewhere a second time."""
        item = self._pick(program, "function")
        near = [use.target for use in item.uses if program.definitions[use.target].kind == "constant"] if item else []
        if item is None or not near:
            return None
        number = max(program.definitions) + 1
        name = program.name_of(near[0])
        shadow = Definition(number, "constant", name, item.module, literal=self.chance.randint(100, 999))
        return replace(program, definitions={**program.definitions, number: shadow})

    def _parameter(self, program: Program) -> Program:
        index = self.chance.randrange(len(program.steps))
        name, number, source, _ = program.steps[index]
        steps = list(program.steps)
        steps[index] = (name, number, source, self.chance.randint(100, 199))
        return replace(program, steps=tuple(steps))

    def _comment(self, program: Program) -> Program | None:
        return self._changed(program, self._pick(program), comment=f"remark {self.chance.randint(1, 99)}")


def reached(program: Program) -> set[int]:
    """Return the definitions that the steps use, and what these use in turn."""
    found: set[int] = set()
    new = {number for _, number, _, _ in program.steps}
    while new:
        found |= new
        new = {need for number in new for need in program.definitions[number].needs} - found
    return found


def reads_source(program: Program) -> bool:
    """Return whether the program looks at its own source, so that a comment can change what it makes."""
    return any(item.kind == "source" for item in program.definitions.values())
