"""What changed in the code between two snapshots, of what an execution depended on."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from restrike.code import SnapshotTree
from restrike.code.tree import ABSENT
from restrike.execution.closures import Closures
from restrike.pipeline.graph import Step

if TYPE_CHECKING:
    from restrike.code.closure import Closure

Found = tuple[Literal["code", "files"], str, str | None]  # aspect, sentence, path

KINDS = {
    "text": "text",
    "imports": "imports",
    "order": "order of definitions",
    "module level": "statements at module level",
    "beside": "compiled module beside it",
}
_MINOR = ("order of definitions changed", "text changed", "' changed")
MOST = 40  # changed files that are told where all of the code counts


def between(
    depends: Mapping[str, Any],
    names: Iterable[str],
    then: SnapshotTree,
    now: SnapshotTree,
    step: Step,
    closures: Closures,
) -> list[Found]:
    """Return what changed; nothing only where everything that the execution depended on is as it was.

    `names` are modules from outside the project that were imported: a file of the project may come before them.
    """
    why = depends["whole"] or _unknown(depends, then)
    if why is not None:
        return list(_whole(why, then, now))
    roots = _search_folders(depends["modules"], closures.roots, then)
    found = [
        *_modules(depends, names, roots, then, now),
        *_shadows(roots, then, now),
        *_parts(closures.of(then, step, depends), closures.of(now, step, depends)),
        *_files(depends["looked_at"], then, now),
        *_listings(depends["listed"], then, now),
    ]
    return list(_briefly(found, then, now))


def _unknown(depends: Mapping[str, Any], then: SnapshotTree) -> str | None:
    lacking = [path for path in depends["modules"] if path.endswith(".py") and path not in then.files]
    return f"it imported '{lacking[0]}', which is not in the snapshot" if lacking else None


def _whole(why: str, then: SnapshotTree, now: SnapshotTree) -> Iterator[Found]:
    changed = [path for path in sorted({*then.leaves, *now.leaves}) if then.state(path) != now.state(path)]
    for path in changed[:MOST]:
        yield "code", f"{path} {_verb(path, then, now)} (all of the code counts, as {why})", path
    if not changed:
        yield "code", f"the code changed, and all of it counts, as {why}", None


def _parts(then: Closure, now: Closure) -> list[Found]:
    """Return the parts of the source that differ: definitions first, then what is said of whole modules.

    The part for the names of all modules is passed over, where a module may be asked for by any name. Here it is known
    what was asked for, found or not, and what was listed: a module that nobody asked for cannot have been had.
    """
    from restrike.code.closure.parts import MODULES  # why: a run that compares no code need not load the analysis

    found = []
    for name in {*then.parts, *now.parts} - {MODULES}:
        old, new = then.parts.get(name), now.parts.get(name)
        if old != new:
            path, subject, rank = _subject(name)
            verb = "changed" if old and new else "is new" if new else "is gone"
            why = now.widened.get(path) or then.widened.get(path)
            sentence = f"{subject} {verb}" + (f" (counts whole, as it {why})" if why else "")
            found.append((rank, path, sentence))
    return [("code", sentence, path) for _, path, sentence in sorted(found)]


def _subject(part: str) -> tuple[str, str, int]:
    """Return the path of a closure's part, what people call it ("features.py: clean"), and its rank among others."""
    path, kind, name = _split(part)
    if not kind:
        return path, f"{path}: {name}", 0
    if kind == "whole":
        return path, path, 1
    return path, f"{path}: {KINDS.get(kind, kind)}", 2


def _split(part: str) -> tuple[str, str, str]:
    if part.endswith(")") and " (" in part:
        path, _, kind = part[:-1].rpartition(" (")
        return path, kind, ""
    path, _, name = part.partition(":")
    return path, "", name


def _briefly(found: Iterable[Found], then: SnapshotTree, now: SnapshotTree) -> Iterator[Found]:
    """Yield each change, of a file that came or went only one, and the order of a file's parts only by itself."""
    told: set[str | None] = set()
    for aspect, sentence, path in found:
        if path is not None and path in told and (_verb(path, then, now) != "changed" or sentence.endswith(_MINOR)):
            continue
        told.add(path)
        yield aspect, sentence, path


def _modules(
    depends: Mapping[str, Any], names: Iterable[str], roots: Iterable[str], then: SnapshotTree, now: SnapshotTree
) -> Iterator[Found]:
    """Yield names that were imported, or looked for, and that other files could now stand for."""
    own = {name for path in depends["modules"] for root in roots for name in _dotted(path, root)}
    for name in sorted({*own, *names, *depends["absent"], *depends["handed"]}):
        before, after = _candidates(name, roots, then), _candidates(name, roots, now)
        for path in sorted(after - before):
            yield "code", f"{path} is new, and '{name}' may be imported from it", path
        for path in sorted(before - after):
            role = "was imported" if path in depends["modules"] else f"'{name}' may have been imported from"
            yield "code", f"{path}, which {role}, is gone", path


def _dotted(path: str, root: str) -> Iterator[str]:
    """Yield the name of a module below a root, and of the packages that it is in."""
    below = path if root == "." else path[len(root) + 1 :] if path.startswith(f"{root}/") else ""
    if not below:
        return
    folder, name = posixpath.split(below)
    parts = [*(folder.split("/") if folder else []), name.partition(".")[0]]
    if parts[-1] == "__init__":
        parts.pop()
    yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def _candidates(name: str, roots: Iterable[str], tree: SnapshotTree) -> set[str]:
    found: set[str] = set()
    for root in roots:
        stem = posixpath.normpath(posixpath.join(root, name.replace(".", "/")))
        found.update(path for path in (f"{stem}.py", f"{stem}/__init__.py") if path in tree.files)
        folder, last = posixpath.split(stem)
        for place, start in ((folder or ".", f"{last}."), (stem, "__init__.")):
            inside = tree.listing(place) or ()
            found.update(f"{place}/{item}" for item in inside if item.startswith(start) and _is_extension(item))
        if tree.listing(stem) is not None:
            found.add(f"{stem}/")
    return found


def _is_extension(name: str) -> bool:
    return name.rstrip("@").endswith(".so")


def _search_folders(modules: Iterable[str], roots: Iterable[str], tree: SnapshotTree) -> list[str]:
    """Return the folders that names may be imported from: the roots, and wherever a module was found beside them."""
    found = dict.fromkeys(roots)
    for path in modules:
        folder = posixpath.dirname(path)
        while folder and f"{folder}/__init__.py" in tree.files:
            folder = posixpath.dirname(folder)
        found[folder or "."] = None
    return list(found)


def _shadows(roots: Iterable[str], then: SnapshotTree, now: SnapshotTree) -> Iterator[Found]:
    """Yield modules that come or go and have the name of one of Python's own: they are found before it."""
    for root in roots:
        before, after = _tops(root, then), _tops(root, now)
        for name, path in sorted((before ^ after) & _named_as_pythons(before | after)):
            verb = "is new, and is" if (name, path) in after else "is gone, and was"
            yield "code", f"{path} {verb} found before Python's own module '{name}'", path


def _named_as_pythons(tops: set[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(name, path) for name, path in tops if name in sys.stdlib_module_names}


def _tops(root: str, tree: SnapshotTree) -> set[tuple[str, str]]:
    found = set()
    for item in tree.listing(root) or ():
        path = posixpath.normpath(posixpath.join(root, item.rstrip("/@")))
        name = posixpath.basename(path).partition(".")[0]
        is_package = any(inside.startswith("__init__.") for inside in tree.listing(path) or ())
        if is_package or path.endswith((".py", ".so")):
            found.add((name, path))
    return found


def _files(paths: Iterable[str], then: SnapshotTree, now: SnapshotTree) -> Iterator[Found]:
    for path in paths:
        if then.state(path) != now.state(path):
            yield "files", f"'{path}' {_verb(path, then, now)}", path


def _verb(path: str, then: SnapshotTree, now: SnapshotTree) -> str:
    was, is_ = (not tree.state(path).endswith(ABSENT) for tree in (then, now))
    return "changed" if was and is_ else "is new" if is_ else "is gone"


def _listings(folders: Iterable[str], then: SnapshotTree, now: SnapshotTree) -> Iterator[Found]:
    for folder in folders:
        before, after = then.listing(folder), now.listing(folder)
        if before == after:
            continue
        if before is None or after is None:
            yield "files", f"folder '{folder}', which is listed, {'is new' if after is not None else 'is gone'}", folder
            continue
        new, gone = sorted(set(after) - set(before)), sorted(set(before) - set(after))
        told = [f"now holds '{name.rstrip('@')}'" for name in new]
        told += [f"no longer holds '{name.rstrip('@')}'" for name in gone]
        yield "files", f"folder '{folder}', which is listed, {' and '.join(told[:3])}", folder
