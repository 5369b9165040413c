"""What the walk over the syntax takes in: the digest, and all global names, against Python's own symbol tables."""

from __future__ import annotations

import symtable
import sysconfig
import warnings
from pathlib import Path

import pytest

from restrike.code.closure.facts import from_plain, to_plain
from restrike.code.closure.parse import facts_of

LIBRARY = Path(sysconfig.get_path("stdlib"))
FILES = ["ast.py", "dataclasses.py", "enum.py", "functools.py", "inspect.py", "typing.py", "test/test_grammar.py"]
FILES += ["test/test_scope.py", "test/test_patma.py", "test/test_named_expressions.py", "asyncio/tasks.py"]


def global_names(table):
    """Names that a scope below the module looks up in the module, by the compiler's own account."""
    found = set()
    for child in table.get_children():
        found |= {symbol.get_name() for symbol in child.get_symbols() if symbol.is_global()}
        found |= global_names(child)
    return found


@pytest.mark.parametrize("name", [name for name in FILES if (LIBRARY / name).exists()])
def test_no_global_name_is_overlooked(name):
    source = (LIBRARY / name).read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = global_names(symtable.symtable(source, name, "exec"))
    facts = facts_of(source)
    assert not facts.error
    named = {reference.chain.partition(".")[0] for item in facts.statements for reference in item.references}
    # `__class__` is a cell that the compiler makes for `super`.
    assert wanted - named - {name for item in facts.statements for name in item.names} <= {"__class__"}


def chains(source):
    return {reference.chain for item in facts_of(source.encode()).statements for reference in item.references}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(a):\n    b = a\n    return b + c.d", {"c.d"}),
        ("def f():\n    return [x for x in x]", {"x"}),
        ("def f():\n    [y := x for x in range(3)]\n    return y", {"range"}),
        ("def f(a):\n    def g():\n        return a + b\n    return g", {"b"}),
        ("def f():\n    global g\n    g = 1", {"g"}),
        ("class C:\n    a = 1\n    def f(self):\n        return a", {"a"}),
        ("class C:\n    a = a", {"a"}),
        ("class C:\n    def f(self):\n        return __a", {"__a", "_C__a"}),
        ("def f(x: 'A', y: 'list[B.c]') -> 'Literal[D]': ...", {"A", "list", "B.c", "B", "Literal", "D"}),
        ("def f(t: Literal['A']): ...", {"Literal"}),
        ("def f(d):\n    return d.query('a > @LIMIT')", {"a", "LIMIT"}),
        ("def f(e):\n    try:\n        g()\n    except E as e2:\n        return e2", {"g", "E"}),
        ("def f(v):\n    match v:\n        case A(x=b, y=[*c]):\n            return b, c", {"A"}),
        ("def f():\n    (x): int\n    return x", {"int", "x"}),
        ("f = lambda a, b=c: a + b + d", {"c", "d"}),
    ],
)
def test_which_names_are_global(source, expected):
    assert chains(source) == expected


def whole(source):
    return facts_of(source.encode()).whole


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 'a'", 'x = "a"  # said'),
        ("x = 16", "x = 0x10"),
        ("f(a, b)", "f(\n    a,\n    b,\n)"),
        ("x = 'ab'", "x = 'a' 'b'"),
        ("if a:\n    b\nelse:\n    if c:\n        d", "if a:\n  b\nelif c:\n  d"),
        ("x = u'a'", "x = 'a'"),
        ("x = 1; y = 2", "x = 1\n\n\ny = 2\n"),
    ],
)
def test_layout_does_not_count(one, other):
    assert whole(one) == whole(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = 1.0"),
        ("x = 1", "x = True"),
        ("x = 0.0", "x = -0.0"),
        ("x = 'a'", "x = b'a'"),
        ("x = 'é'", "x = 'e\\u0301'"),
        ("f(a, b)", "f(a, *b)"),
        ("f(a=b)", "f(b=a)"),
        ("def f(a, /, b): ...", "def f(a, b, /): ..."),
        ("def f(a, *, b): ...", "def f(a, b): ..."),
        ("def f(*a): ...", "def f(**a): ..."),
        ("def f(a, b=1): ...", "def f(a=1, b=1): ..."),
        ("def f(): ...", "async def f(): ..."),
        ("def f():\n    'x'", "def f():\n    'y'"),
        ("import a as b", "import b as a"),
        ("from a import b", "from .a import b"),
        ("from . import a", "from .. import a"),
        ("a.b.c", "a.b().c"),
        ("[x for x in y]", "{x for x in y}"),
        ("[x for x in y if z]", "[x for x in y]"),
        ("class A(B): ...", "class A(metaclass=B): ..."),
        ("try:\n    a\nexcept E:\n    b", "try:\n    a\nexcept E as b:\n    b"),
        ("match a:\n    case [b]: ...", "match a:\n    case [*b]: ..."),
        ("a < b < c", "a < (b < c)"),
        ("f'{a}'", "f'{a!r}'"),
        ("f'{a:1}'", "f'{a:2}'"),
        ("x = 10**5000", "x = 10**5001"),
        ("x: int", "(x): int"),
        ("import a\nimport b", "import b\nimport a"),
        ("def f():\n    global a", "def f():\n    nonlocal_ = a"),
    ],
)
def test_meaning_counts(one, other):
    assert whole(one) != whole(other)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def f(:", "invalid syntax"),
        ("def f(a, a): ...", "duplicate argument"),
        ("return 1", "'return' outside function"),
        ("x = 1\0", "null bytes"),
        ("# -*- coding: no-such -*-\n", "unknown encoding"),
    ],
)
def test_what_python_refuses_counts_by_its_bytes(source, said):
    facts = facts_of(source.encode())
    assert said in facts.error
    assert facts.statements == ()
    assert facts.whole != whole(source + "#")


def test_facts_survive_being_written_down():
    import json

    for name in ("dataclasses.py", "enum.py"):
        facts = facts_of((LIBRARY / name).read_bytes())
        assert from_plain(json.loads(json.dumps(to_plain(facts)))) == facts
