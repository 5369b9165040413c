"""Random edits of random projects: whatever changes a result changes the closure."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EDITS = 12
QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}


class Written:
    """A project of a few modules, each using what those before it define, in one of Python's many ways."""

    def __init__(self, chance):
        self.chance = chance
        self.modules = {}
        self.known = []  # (module, name, how it is called)
        self.packaged = chance.random() < 0.5
        names = [f"m{number}" for number in range(chance.randint(2, 4))]
        for name in names:
            self.module = self.path(name)
            self.imports, self.here = [], []
            self.blocks = []
            for number in range(chance.randint(2, 6)):
                self.define(name, number)
            self.modules[self.module] = (self.imports, self.blocks)
            self.known += self.here
        self.step(names)

    def path(self, name):
        return f"pkg/{name}.py" if self.packaged and name != "m0" else f"{name}.py"

    def dotted(self, path):
        return path.removesuffix(".py").replace("/", ".")

    def number(self):
        return str(self.chance.randint(2, 9))

    def term(self, argument="x"):
        """Write an expression over what is known, importing as needed."""
        choices = self.here + self.known
        if not choices or self.chance.random() < 0.2:
            return self.number()
        path, name, form = self.chance.choice(choices)
        return form.replace("NAME", self.reach(path, name)).replace("ARG", argument)

    def reach(self, path, name):
        if path == self.module:
            return name
        dotted = self.dotted(path)
        style = self.chance.randrange(6)
        alias = f"{name}_{dotted.replace('.', '_')}"
        if style == 0:
            self.imports.append(f"import {dotted}")
            return f"{dotted}.{name}"
        if style == 1:
            self.imports.append(f"from {dotted} import {name} as {alias}")
            return alias
        if style == 2:
            self.imports.append(f"from {dotted} import *")
            return name
        if style == 3:
            self.imports.append(f"import {dotted} as {alias}_module")
            return f"getattr({alias}_module, {name!r})"
        if style == 4:
            return f"__import__('importlib').import_module({dotted!r}).{name}"
        self.imports.append(f"try:\n    from {dotted} import {name} as {alias}\nexcept ImportError:\n    {alias} = 1")
        return alias

    def define(self, module, number):
        name = f"{module}_{number}"
        kind = self.chance.randrange(9)
        add = self.here.append
        if kind == 0:
            self.blocks.append(f"{name} = {self.number()}")
            add((self.module, name, "NAME"))
        elif kind == 1:
            self.blocks.append(f"{name} = {self.term('1')} + {self.number()}")
            add((self.module, name, "NAME"))
        elif kind == 2:
            body = f"    rate = {self.number()}\n\n    def run(self, x):\n        return x * self.rate + {self.term()}"
            self.blocks.append(f"class {name}:\n{body}")
            add((self.module, name, "NAME().run(ARG)"))
        elif kind == 3:
            self.blocks.append(
                f"def {name}_deco(f):\n    def inner(x):\n        return f(x) + {self.number()}\n    return inner"
            )
            self.blocks.append(f"@{name}_deco\ndef {name}(x):\n    return x + {self.term()}")
            add((self.module, name, "NAME(ARG)"))
        elif kind == 4:
            self.blocks.append(f"{name} = {{'a': lambda x: x + {self.number()}, 'b': lambda x: x - {self.term()}}}")
            add((self.module, name, "NAME['a'](ARG)"))
        elif kind == 5:
            self.blocks.append(f"{name} = []")
            self.blocks.append(f"{name}.append({self.term('2')})")
            add((self.module, name, "sum(NAME)"))
        elif kind == 6:
            self.blocks.append(f"def {name}(x):\n    {self.local_import()}\n    return x + {self.number()}")
            add((self.module, name, "NAME(ARG)"))
        else:
            default = self.term("3") if self.chance.random() < 0.3 else self.number()
            self.blocks.append(f"def {name}(x, by={default}):\n    return x * by - {self.term()}")
            add((self.module, name, "NAME(ARG)"))

    def local_import(self):
        if not self.known:
            return "pass"
        path, name, form = self.chance.choice(self.known)
        return f"from {self.dotted(path)} import {name}\n    x = x + {form.replace('NAME', name).replace('ARG', '2')}"

    def step(self, names):
        self.module, self.imports, self.here = "steps.py", [], []
        terms = ", ".join(self.term("4") for _ in range(3))
        self.modules["steps.py"] = (self.imports, [f"def step():\n    return [{terms}]", "def other():\n    return 1"])

    def files(self):
        found = {
            path: "\n".join([*dict.fromkeys(imports), *blocks]) + "\n"
            for path, (imports, blocks) in self.modules.items()
        }
        if self.packaged:
            found["pkg/__init__.py"] = ""
        return found


def edited(written, chance):
    """Make one edit of whatever kind; return the files."""
    files = written.files()
    path = chance.choice(sorted(written.modules))
    imports, blocks = written.modules[path]
    lines = [*dict.fromkeys(imports), *blocks]
    at = chance.randrange(len(lines))
    kind = chance.randrange(10)
    if kind <= 2:
        digits = [
            place
            for place, letter in enumerate(lines[at])
            if letter.isdigit() and lines[at][place - 1 : place] in (" ", "=")
        ]
        if digits:
            place = chance.choice(digits)
            lines[at] = lines[at][:place] + str((int(lines[at][place]) + 1) % 10) + lines[at][place + 1 :]
    elif kind == 3:
        lines[at] = lines[at].replace(" + ", " - ", 1)
    elif kind == 4:
        del lines[at]
    elif kind == 5:
        lines.append(lines[at].replace("2", "5").replace("3", "6").replace("7", "4"))
    elif kind == 6:
        other = chance.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == 7:
        lines.insert(
            at, chance.choice(["# nothing", "sum = len", "UNUSED = 1", "def unused(x):\n    return x", '"""Text."""'])
        )
    elif kind == 8:
        name, other = (chance.choice(written.known)[1] for _ in range(2))
        lines.append(f"{name} = {chance.choice(['5', other])}")
    else:
        target, name, _ = chance.choice(written.known)
        lines.append(f"import {written.dotted(target)} as changed\nchanged.{name} = lambda x: 7")
    files[path] = "\n".join(lines) + "\n"
    return files


def overlooked(seed, execute, observed, closure_of, folder):
    """Execute a project and edits of it; return those that changed the result unseen, and counts of needless ones."""
    chance = random.Random(seed)
    written = Written(chance)
    trees = [written.files(), *(edited(written, chance) for _ in range(EDITS))]
    outcomes = execute([(files, (".",), "steps:step") for files in trees], folder)
    first = outcomes[0]
    if first["result"].startswith("failed"):
        return [], (0, 0)
    scope = observed(first)
    before = closure_of(trees[0], (".",), "steps:step", scope)
    missed, needless, harmless = [], 0, 0
    for files, outcome in zip(trees[1:], outcomes[1:], strict=True):
        same = closure_of(files, (".",), "steps:step", scope) == before
        if outcome["result"] != first["result"]:
            if same:
                missed.append((first["result"], outcome["result"], trees[0], files))
        else:
            harmless += 1
            needless += not same
    return missed, (needless, harmless)


@settings(max_examples=6, **QUIET)
@given(seed=st.integers(0, 2**32))
def test_no_random_edit_is_overlooked(seed, execute, observed, closure_of, tmp_path_factory):
    missed, _ = overlooked(seed, execute, observed, closure_of, tmp_path_factory.mktemp("random"))
    assert missed == []


@pytest.mark.long
@pytest.mark.timeout(900)
def test_no_random_edit_is_overlooked_in_a_long_run(execute, observed, closure_of, tmp_path_factory):
    needless = harmless = 0
    for seed in range(300):
        missed, (more, of) = overlooked(seed, execute, observed, closure_of, tmp_path_factory.mktemp("random"))
        assert missed == [], seed
        needless, harmless = needless + more, harmless + of
    print(f"random edits that change no result: {harmless}, of which counted needlessly: {needless}")
