"""What is changed between two executions, as data.

Whether a change matters is found out by executing everything, never stated here. What is stated is its arithmetic: the
terms that should come out, against which the executions themselves are checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edits import Append, Edit, Replace, Rewrite

Terms = Mapping[str, int]


@dataclass(frozen=True)
class Mutation:
    """One change of a project, its parameters or what lies around it."""

    name: str
    what: str
    edits: tuple[Edit, ...] = ()
    terms: Terms = field(default_factory=dict)  # that should come out otherwise
    sold: tuple[int, ...] | None = None  # that should be read from the file of sales
    offset: int = 0  # that the report should add to the total
    params: Mapping[str, object] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)
    detour: tuple[Edit, ...] = ()  # executed first and taken back, before what counts
    may_execute: frozenset[str] = frozenset()  # steps whose own code or input changed, though not what they return


CONTROL = Mutation(
    "own-body", "the step's own body", (Replace("model.py", '"own": 2,', '"own": 4,'),), terms={"own": 4}
)

CODE = (
    Mutation(
        "own-constant", "a constant of its module", (Replace("model.py", "BONUS = 5", "BONUS = 6"),), {"constant": 6}
    ),
    Mutation("helper", "a helper in its module", (Replace("model.py", "return 7", "return 8"),), {"near": 8}),
    Mutation(
        "helper-elsewhere",
        "a helper in another module",
        (Replace("prices/far.py", "fetched() + 1", "fetched() + 2"),),
        {"far": 30},
    ),
    Mutation(
        "helper-of-helper",
        "a helper of a helper, a module further",
        (Replace("prices/farther.py", "return 28", "return 27"),),
        {"far": 28},
    ),
    Mutation(
        "constant-imported",
        "a constant imported from another module",
        (Replace("prices/constants.py", "TAX = 17", "TAX = 18"),),
        {"tax": 18},
    ),
    Mutation(
        "constant-far",
        "a constant two modules away",
        (Replace("prices/limits.py", "LEVEL = 41", "LEVEL = 42"),),
        {"level": 42},
    ),
    Mutation(
        "base-class",
        "a method of a base class in another module",
        (Replace("prices/base.py", "return 11", "return 12"),),
        {"base": 12},
    ),
    Mutation("class-attribute", "a class attribute", (Replace("model.py", "scoops = 3", "scoops = 4"),), {"scoops": 4}),
    Mutation(
        "override",
        "an override added to a class",
        (Replace("model.py", "scoops = 3\n", "scoops = 3\n\n    def value(self) -> int:\n        return 10\n"),),
        {"base": 10},
    ),
    Mutation(
        "decorator",
        "a decorator in another module",
        (Replace("prices/decorators.py", "function() + 18", "function() + 20"),),
        {"decorated": 21},
    ),
    Mutation(
        "default",
        "a default argument in another module",
        (Replace("prices/defaults.py", "price: int = 23", "price: int = 24"),),
        {"default": 24},
    ),
    Mutation(
        "dict-of-functions",
        "a lambda in a dictionary of another module",
        (Replace("prices/rules.py", "lambda: 59", "lambda: 58"),),
        {"rule": 58},
    ),
    Mutation(
        "closure",
        "a value that a closure remembers",
        (Replace("prices/closures.py", "_counter(12)", "_counter(15)"),),
        {"counted": 16},
    ),
    Mutation(
        "global",
        "a global, read through a function",
        (Replace("prices/settings.py", "_factor = 61", "_factor = 62"),),
        {"setting": 62},
    ),
    Mutation(
        "re-export",
        "which function a package re-exports",
        (Replace("prices/__init__.py", "import up as rounded", "import down as rounded"),),
        {"rounded": 9},
    ),
    Mutation(
        "star-import",
        "a name that arrives by a star import",
        (Replace("prices/winds.py", "WEST_WIND = 67", "WEST_WIND = 66"),),
        {"wind": 66},
    ),
    Mutation(
        "partial",
        "an argument of a partial function",
        (Replace("prices/partials.py", "_divided, 86", "_divided, 88"),),
        {"partial": 44},
    ),
    Mutation(
        "dataclass-field",
        "the default of a data class's field",
        (Replace("prices/kinds.py", "pieces: int = 31", "pieces: int = 32"),),
        {"field": 32},
    ),
    Mutation(
        "enumeration",
        "a member of an enumeration",
        (Replace("prices/kinds.py", "SUMMER = 37", "SUMMER = 38"),),
        {"season": 38},
    ),
    Mutation(
        "plug-in-body",
        "a plug-in found by listing a folder",
        (Replace("plugins/rain.py", "VALUE = 97", "VALUE = 96"),),
        {"plugins": 96},
    ),
    Mutation(
        "plug-in-added",
        "a new plug-in in that folder",
        (Append("plugins/snow.py", '"""Found by listing the folder."""\n\nVALUE = 2\n'),),
        {"plugins": 99},
    ),
    Mutation(
        "by-name",
        "a module imported by a name in a string",
        (Replace("prices/cone.py", "VALUE = 71", "VALUE = 72"),),
        {"named": 72},
    ),
    Mutation(
        "optional-module",
        "an optional module appears",
        (Append("prices/cream.py", '"""Now it is there."""\n\nVALUE = 74\n'),),
        {"optional": 74},
    ),
    Mutation(
        "registry",
        "a function that registers itself",
        (Replace("prices/registered.py", "return 83", "return 84"),),
        {"registered": 84},
    ),
    Mutation(
        "monkey-patch",
        "a function that replaces another when imported",
        (Replace("prices/patches.py", "return 79", "return 78"),),
        {"patched": 78},
    ),
    Mutation(
        "script",
        "a script that the step starts",
        (Replace("prices/script.py", "print(89)", "print(88)"),),
        {"script": 88},
    ),
    Mutation(
        "first-step",
        "the first step's body",
        (Replace("sales.py", "int(row[COLUMN]) for", "2 * int(row[COLUMN]) for"),),
        sold=(24, 36, 30, 62),
    ),
    Mutation(
        "last-step",
        "the last step's helper",
        (Replace("prices/levels.py", "total + 0", "total + 1"),),
        offset=1,
    ),
)

SURROUNDINGS = (
    Mutation(
        "data",
        "the data file: a value",
        (Replace("data/sales.csv", "wed,24,15", "wed,24,16"),),
        sold=(12, 18, 16, 31),
    ),
    Mutation(
        "data-same-time",
        "the data file: a value; size and time of change kept",
        (Replace("data/sales.csv", "wed,24,15", "wed,24,16", keep_time=True),),
        sold=(12, 18, 16, 31),
    ),
    Mutation(
        "data-row",
        "the data file: a row more",
        (Append("data/sales.csv", "fri,19,9\n"),),
        {"days": 5},
        sold=(12, 18, 15, 31, 9),
    ),
    Mutation(
        "file-by-path",
        "a JSON file that a helper reads by its path",
        (Replace("prices/rates.json", "47", "46"),),
        {"rate": 46},
    ),
    Mutation("package", "a package that it imports: 1.0 to 2.0", packages={"tariff": "2.0"}, terms={"tariff": 54}),
    Mutation(
        "variable", "an environment variable that it reads", variables={"ICE_REGION": "southern"}, terms={"region": 8}
    ),
    Mutation("parameter", "a parameter", params={"weight": 2}, terms={"weight": 6}),
    Mutation("seed", "the seed that it is given", params={"seed": 5}, terms={"seed": 5 * 1_103_515_245 % 97}),
    Mutation(
        "parameters-shifted",
        "two text parameters: characters moved from one to the other",
        params={"area": "1", "block": "2block3"},
        terms={"area": 17},
    ),
)

HARMLESS = (
    Mutation(
        "comment",
        "a comment in the step's body",
        (Replace("model.py", '    executed("model")\n', '    # Counted.\n    executed("model")\n'),),
    ),
    Mutation(
        "docstring",
        "the step's docstring",
        (Replace("model.py", "Return the terms of a price by name.", "Return a price, term by term."),),
    ),
    Mutation(
        "layout",
        "blank lines and a line break in the step's body",
        (
            Replace("model.py", "10 * len(area) + len(block)", "10 * len(area)\n        + len(block)"),
            Replace("model.py", '    executed("model")\n', '    executed("model")\n\n'),
        ),
    ),
    Mutation(
        "comment-above",
        "a comment above the step",
        (Replace("model.py", "@adding\n", "# Something is added to what this returns.\n@adding\n"),),
    ),
    Mutation(
        "local-renamed",
        "a local variable of a step renamed",
        (
            Replace("sales.py", "rows = list", "lines = list"),
            Replace("sales.py", "for row in rows", "for row in lines"),
        ),
    ),
    Mutation(
        "function-added",
        "an unused function added to the step's module",
        (Append("model.py", "\n\ndef _unused() -> int:\n    return 0\n"),),
    ),
    Mutation(
        "function-unused",
        "a function that nobody calls, in a helper's module",
        (Replace("prices/far.py", "return 1000", "return 2000"),),
    ),
    Mutation(
        "helper-comment",
        "a comment in a helper's module",
        (Replace("prices/farther.py", "    return 28", "    # As agreed.\n    return 28"),),
    ),
    Mutation(
        "helper-docstring",
        "a docstring in a helper's module",
        (Replace("prices/limits.py", "A constant two modules away.", "A limit."),),
    ),
    Mutation(
        "module-unused",
        "a module that nobody imports",
        (Replace("prices/unused.py", "OLD = 1", "OLD = 2"),),
    ),
    Mutation("module-added", "a module added that nobody imports", (Append("drafts.py", "IDEAS = []\n"),)),
    Mutation("notes", "a text file that nobody reads", (Append("notes.txt", "More notes.\n"),)),
    Mutation("touch", "the data file touched", (Rewrite("data/sales.csv"),)),
    Mutation("copied", "the data file written anew, as it was", (Rewrite("data/sales.csv", as_new_file=True),)),
    Mutation("package-unused", "a package that nobody imports: 1.0 to 2.0", packages={"bystander": "2.0"}),
    Mutation("variable-unused", "an environment variable that nobody reads", variables={"ICE_MOOD": "sunny"}),
    Mutation(
        "same-output",
        "the first step rewritten, with the same output: later steps",
        (Replace("sales.py", "int(row[COLUMN]) for", "int(row[COLUMN]) + 0 for"),),
        may_execute=frozenset({"sales"}),
    ),
    Mutation("undone", "an edit, executed, and taken back", detour=(Replace("model.py", '"own": 2,', '"own": 20,'),)),
)

ALL = (CONTROL, *CODE, *SURROUNDINGS, *HARMLESS)
