"""What is found on a walk over a statement: names, imports, texts that spell something, and what cannot be followed."""

from __future__ import annotations

import ast
import re

from restrike.code.closure.facts import Import, Local, Reference
from restrike.code.closure.features import BY_ATTRIBUTE
from restrike.code.closure.scopes import FUNCTION, MODULE, Met, Origin, Scope
from restrike.code.closure.shapes import chain_of

_PATH = re.compile(r"[A-Za-z_][\w.]*(?:[.:][A-Za-z_]\w*)+|[\w./-]+\.py")
_LONGEST_PATH = 200
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
# Within a text for pandas' `query`: a variable of the caller. In any: what looks like a call.
_NAMED_IN_TEXT = re.compile(r"@([^\W\d]\w*)|([^\W\d]\w*)\(")


class Findings:
    """Collects for one statement; `scope` is the innermost one that the walk is in, `classes` those around it."""

    def __init__(self) -> None:
        self.scope = Scope(MODULE, None, self._uses_import)
        self.classes: list[str] = []
        self.imports: list[Import] = []
        self.strings: dict[str, int] = {}
        self.marks: dict[str, int] = {}
        self._locals: dict[tuple[str, int, str, str | None], int] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The global names that the statement binds."""
        return tuple(self.scope.bound)

    def references(self) -> tuple[Reference, ...]:
        found: dict[tuple[str, str | None], int] = {}
        for met in self.scope.met:
            found.setdefault((met.chain, met.literal), met.line)
        return tuple(Reference(chain, line, literal) for (chain, literal), line in found.items())

    def local_uses(self) -> tuple[Local, ...]:
        return tuple(Local(*key[:3], line, key[3]) for key, line in self._locals.items())

    def enter(self, kind: str) -> None:
        self.scope = Scope(kind, self.scope, self._uses_import)

    def leave(self) -> None:
        ended = self.scope
        assert ended.parent is not None
        self.scope = ended.parent
        ended.end()

    def meet(self, chain: str, line: int, literal: str | None = None) -> None:
        head = chain.partition(".")[0]
        if head.startswith("__") and head in BY_ATTRIBUTE:
            self.mark(head, line)
        self.scope.met.append(Met(chain, line, literal))
        if head.startswith("__") and self.classes and not head.endswith("__"):  # mangled, as Python does
            self.scope.met.append(Met(f"_{self.classes[-1].lstrip('_')}{chain}", line, literal))

    def mark(self, name: str, line: int) -> None:
        """Put down something that cannot be followed, by its name in `features.BY_ATTRIBUTE`."""
        self.marks.setdefault(name, line)

    def text(self, text: str, line: int) -> None:
        if text in BY_ATTRIBUTE:
            self.mark(text, line)
        elif "(lineno)" in text or "{lineno" in text:  # a format of `logging`
            self.mark("(lines)", line)
        if len(text) <= _LONGEST_PATH and _PATH.fullmatch(text):
            self.strings.setdefault(text, line)
        elif "@" in text or "(" in text:
            for match in _NAMED_IN_TEXT.finditer(text):
                self.meet(match[1] or match[2], line)

    def evaluated(self, text: str | None, line: int) -> None:
        if text is None:
            self.mark("(query)", line)
        else:
            for match in _IDENTIFIER.finditer(text):
                self.meet(match[0], line)

    def quoted_annotation(self, text: str, line: int) -> None:
        try:
            parsed = ast.parse(text, mode="eval")
        except (SyntaxError, ValueError):
            return
        for node in ast.walk(parsed):
            if isinstance(node, ast.Attribute) and (chain := chain_of(node)) is not None:
                self.meet(chain, line)
            elif isinstance(node, ast.Name):
                self.meet(node.id, line)

    def inner(self) -> bool:
        scope: Scope | None = self.scope
        while scope is not None:
            if scope.kind == FUNCTION:
                return True
            scope = scope.parent
        return False

    def _uses_import(self, origin: Origin, rest: str, met: Met) -> None:
        chain = ".".join(part for part in (origin.path, rest) if part)
        self._locals.setdefault((origin.module, origin.level, chain, met.literal), met.line)
