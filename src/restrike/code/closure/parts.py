"""What a step reaches, written down: one digest for each definition, and for what a module does besides defining."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from restrike.code.closure.importing import Entry
from restrike.code.closure.reach import Paths
from restrike.code.closure.widen import Reach

MODULES = "project (list of modules)"
_LOADS, _ACTS = "| loads", "| acts"


class Parts:
    """Writes down the parts of steps over one tree."""

    def __init__(self, paths: Paths, digests: dict[str, str]) -> None:
        self._paths = paths
        self._digests = digests
        self._of_whole: dict[str, dict[str, str]] = {}
        self._of_name: dict[tuple[str, str], str] = {}

    def of(self, reach: Reach) -> dict[str, str]:
        parts: dict[str, str] = {}
        for path in sorted(reach.files | reach.texts.keys()):
            if path in reach.texts:
                parts[f"{path} (text)"] = self._digests[path]
            elif path in reach.whole:
                parts |= self._whole(path)
            else:
                self._taken_apart(path, reach, parts)
            if path in reach.files and (binary := self._paths.linked.finder.binary_beside(path)):
                parts[f"{path} (beside)"] = binary
        for path, names in reach.missing.items():
            for name in names:
                parts.setdefault(f"{path}:{name}", "missing")
        if reach.dynamic is not None:
            parts[MODULES] = _digest(self._paths.linked.finder.names())
        return parts

    def _whole(self, path: str) -> dict[str, str]:
        """Write down a module whole, with where its imports lead."""
        if path not in self._of_whole:
            facts = self._paths.linked.facts(path)
            parts = {f"{path} ({'text' if facts.error else 'whole'})": facts.whole}
            if resolved := [self._paths.importing.resolved(path, item) for _, item in facts.imports()]:
                parts[f"{path} (imports)"] = _digest(resolved)
            self._of_whole[path] = parts
        return self._of_whole[path]

    def _taken_apart(self, path: str, reach: Reach, parts: dict[str, str]) -> None:
        paths, facts = self._paths, self._paths.linked.facts(path)
        names, reached = reach.names.get(path, set()), reach.statements.get(path, set())
        for name in sorted(names):
            if digest := self._name(path, name):
                parts[f"{path}:{name}"] = digest
        nameless = []
        for index in paths.importing.acting(path):
            statement = facts.statements[index]
            if not statement.names:
                nameless.append(statement.digest)
            for name in statement.names:
                parts[f"{path}:{name}"] = self._name(path, name)
        if nameless:
            parts[f"{path} (module level)"] = _digest(nameless)
        entries = [entry for entry in paths.importing.entries(path) if not entry.name or entry.name in names]
        texts = [entry.text for entry in entries]
        for index in sorted(reached):
            texts += paths.edges(path, index).imports
        if texts or (facts.future and (names or reached)):
            parts[f"{path} (imports)"] = _digest([*facts.future, *texts])
        if order := self._order(path, names, entries):
            parts[f"{path} (order)"] = _digest(order)

    def _name(self, path: str, name: str) -> str:
        """Return the digest of all that binds a name; "" where imports alone do."""
        key = (path, name)
        if key not in self._of_name:
            statements = [
                self._paths.linked.statement(path, at) for at in self._paths.linked.bindings(path).get(name, ())
            ]
            own = [item.digest for item in statements if item.kind != "import"]
            self._of_name[key] = _digest([item.digest for item in statements]) if len(statements) > 1 else "".join(own)
        return self._of_name[key]

    def _order(self, path: str, names: set[str], entries: list[Entry]) -> list[str]:
        """Return what lies between the statements whose place matters: those that act, and names bound again.

        What merely binds a name may stand anywhere between two of them, and anywhere after the last.
        """
        linked = self._paths.linked
        bound = linked.bindings(path)
        fixed = {entry.at: _LOADS for entry in entries if entry.loads}
        acting = [*self._paths.importing.acting(path)]
        for name in names:
            places = (*bound.get(name, ()), *linked.star_places(path, name))
            acting += places if len(places) > 1 else ()
        fixed.update(dict.fromkeys(acting, _ACTS))
        placed: dict[int, list[str]] = {}
        for name in sorted(names):
            for index in bound.get(name, ()):
                # Imports are listed in their order anyway; only what acts may find them missing.
                if acting or linked.statement(path, index).kind != "import":
                    placed.setdefault(index, []).append(name)
        sequence: list[str] = []
        between: list[str] = []
        for index in sorted({*fixed, *placed}):
            if index in fixed:
                sequence += [*sorted(between), *placed.get(index, ()), fixed[index]]
                between = []
            else:
                between += placed[index]
        return sequence if {*sequence} - {_LOADS} else []


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode("utf-8", "surrogatepass")).hexdigest()
