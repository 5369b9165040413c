"""What one file says by itself: its statements, what they bind, name and import. Plain data, a function of the bytes.

Nothing here is resolved: which `cache` is meant, and whether `plugins` lies in the project, depends on the other files.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple


class Import(NamedTuple):
    """One imported module with the names taken from it; `names` is empty for `import module`.

    `bound` are the names that it binds, as (name, what it is bound to within the module). `inner` tells one that is
    executed only when a function is called.
    """

    module: str
    level: int
    names: tuple[str, ...]
    bound: tuple[tuple[str, str], ...]
    inner: bool
    line: int


class Reference(NamedTuple):
    """A global name with the attributes read of it: `helpers.text.clean`. `literal`: what it is called with alone."""

    chain: str
    line: int
    literal: str | None = None


class Local(NamedTuple):
    """What is read, as a chain that may be empty, of a module or name that a function imports for itself."""

    module: str
    level: int
    chain: str
    line: int
    literal: str | None = None


class Need(NamedTuple):
    """A condition under which executing a statement does nothing but bind names."""

    kind: str
    chain: str
    details: tuple[Any, ...] = ()


class Effects(NamedTuple):
    """Whether a top-level statement may do more than bind names: surely, or unless all `needs` are met.

    `reads` are the global names that it reads when it is executed, not when something that it defines is called.
    """

    sure: bool = False
    needs: tuple[Need, ...] = ()
    reads: tuple[str, ...] = ()


class Statement(NamedTuple):
    """A statement at the top level of a module.

    `kind` is `def`, `class`, `import`, `block` (`if` or `try`), `main` (executed as a script only), `typing` (for type
    checkers only) or `other`. `value` is the sort of constant that it binds, if it does. `shape` describes a class, or
    a function that makes functions, as far as that matters to those who use it.
    """

    kind: str
    digest: str
    line: int
    end: int
    names: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    locals: tuple[Local, ...] = ()
    imports: tuple[Import, ...] = ()
    strings: tuple[tuple[str, int], ...] = ()
    marks: tuple[tuple[str, int], ...] = ()
    effects: Effects = Effects()
    value: str = ""
    shape: tuple[Any, ...] = ()


class Facts(NamedTuple):
    """`error` tells why a file could not be read as Python; it then has no statements, and `whole` is of its bytes."""

    whole: str
    statements: tuple[Statement, ...] = ()
    future: tuple[str, ...] = ()
    exported: tuple[str, ...] | None = None
    error: str = ""

    def imports(self) -> Iterator[tuple[int, Import]]:
        """Yield the imports with the index of their statement, without those for type checkers only."""
        for index, statement in enumerate(self.statements):
            if statement.kind != "typing":
                for item in statement.imports:
                    yield index, item


def from_plain(plain: Any) -> Facts:
    """Return the facts that `to_plain` was given: a JSON document knows lists alone."""
    whole, statements, future, exported, error = plain
    return Facts(
        whole,
        tuple(_statement(item) for item in statements),
        tuple(future),
        None if exported is None else tuple(exported),
        error,
    )


def to_plain(facts: Facts) -> Any:
    """Return the facts as lists, texts and numbers; tuples are written as lists by whoever writes JSON."""
    return facts


def _statement(plain: Any) -> Statement:
    kind, digest, line, end, names, references, inner, imports, strings, marks, effects, value, shape = plain
    sure, needs, reads = effects
    return Statement(
        kind,
        digest,
        line,
        end,
        tuple(names),
        tuple(Reference(*item) for item in references),
        tuple(Local(*item) for item in inner),
        tuple(_import(*item) for item in imports),
        tuple((text, at) for text, at in strings),
        tuple((text, at) for text, at in marks),
        Effects(sure, tuple(_need(item) for item in needs), tuple(reads)),
        value,
        _frozen(shape),
    )


def _import(module: str, level: int, names: Any, bound: Any, inner: bool, line: int) -> Import:
    return Import(module, level, tuple(names), tuple((name, path) for name, path in bound), inner, line)


def _need(plain: Any) -> Need:
    kind, chain, details = plain
    return Need(kind, chain, _frozen(details))


def _frozen(plain: Any) -> Any:
    return tuple(_frozen(item) for item in plain) if isinstance(plain, (list, tuple)) else plain
