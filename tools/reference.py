"""Write the pages of docs that are made from the source: commands, errors and the index. `make docs` calls this.

With --check nothing is written; the exit status says whether the pages are current.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from restrike.base.errors import RestrikeError
from restrike.cli.options import Command, Family
from restrike.cli.root import SECTIONS, root

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "restrike"
DOCS = ROOT / "docs"
GENERATED = "<!-- Made from the source by `make docs`; changes belong there. -->"

FOLDERS = {
    "guides": "Guides",
    "concepts": "Concepts",
    "reference": "Reference",
    "design": "Design",
    "adr": "Decisions",
}
ROOMS = {
    "R0": "General",
    "R1": "Configuration",
    "R2": "Code",
    "R3": "Environment",
    "R4": "Data",
    "R5": "Store",
    "R6": "Steps",
    "R7": "Runs and records",
    "R8": "Reproduction",
}


def commands_page() -> str:
    """Return docs/reference/commands.md."""
    context = click.Context(root, info_name="restrike", **root.context_settings)
    parts = [
        "# Commands",
        GENERATED,
        "Every command takes the options of [every command](#options-of-every-command), before or after its name. "
        "Where a RUN is wanted: a run ID or a unique beginning of one, `@last`, `@last~2`, or an alias.",
    ]
    for title, names in SECTIONS.items():
        parts.append(f"## {title}")
        for name in names:
            command = root.get_command(context, name)
            assert command is not None
            parts += _command(command, click.Context(command, info_name=name, parent=context))
    shared = Command("", example="").shared
    parts += ["## Options of every command", _options(shared, context)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"### restrike {context.command_path.removeprefix('restrike ')}"
    yield inspect.cleandoc(command.help or "")
    if isinstance(command, Family):
        for name in command.list_commands(context):
            member = command.get_command(context, name)
            assert member is not None
            yield from _command(member, click.Context(member, info_name=name, parent=context))
        return
    assert isinstance(command, Command)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f"```\n{usage}\n```"
    yield _options([param for param in command.params if param not in command.shared], context)
    yield "```sh\n" + command.example + "\n```"


def _options(params: list[click.Parameter], context: click.Context) -> str:
    options = (param for param in params if isinstance(param, click.Option))
    rows = [record for param in options if (record := param.get_help_record(context))]
    if not rows:
        return ""
    escaped = [(names.replace("|", "\\|"), text.replace("|", "\\|")) for names, text in rows]
    return "\n".join(["| option | |", "|---|---|", *(f"| `{names}` | {text} |" for names, text in escaped)])


def errors_page() -> str:
    """Return docs/reference/errors.md."""
    parts = [
        "# Errors",
        GENERATED,
        "Each error says what is wrong, where (`-->`), and after `hint:` what to do about it. The code is stable; "
        'with `--json` the same stands in `{"error": {"code", "what", "where", "hint", "details"}}`. The exit '
        "status is 2 where the input is wrong, 1 otherwise, unless an entry says more.",
    ]
    room = ""
    for error in sorted(every_error(), key=lambda error: error.code):
        if error.code[:2] != room:
            room = error.code[:2]
            parts.append(f"## {ROOMS[room]} ({room}xx)")
        parts += [f"### {error.code} {error.name}", error.text]
        if error.exit_code not in (1, 2):
            parts.append(f"Exit status {error.exit_code}.")
    return "\n\n".join(parts) + "\n"


@dataclass(frozen=True)
class ErrorClass:
    """A class of error as its source states it."""

    name: str
    module: str
    bases: tuple[str, ...]
    text: str
    code: str
    exit_code: int | None


def every_error() -> list[ErrorClass]:
    """Return every class of error that a user can be shown: those that state a code, read from the source."""
    found = [error for path in sorted(SOURCE.rglob("*.py")) for error in classes_of(path)]
    by_name = {error.name: error for error in found}
    return [
        replace(error, exit_code=_exit_code(error, by_name))
        for error in found
        if error.code and error.name != "RestrikeError"
    ]


def classes_of(path: Path) -> list[ErrorClass]:
    """Return the classes that a module defines."""
    return [
        _error_class(node, path) for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.ClassDef)
    ]


def _error_class(node: ast.ClassDef, path: Path) -> ErrorClass:
    stated: dict[str, Any] = {}
    for item in node.body:
        if isinstance(item, ast.Assign) and isinstance(item.value, (ast.Constant, ast.Name)):
            value = item.value.value if isinstance(item.value, ast.Constant) else _constant(path, item.value.id)
            stated |= {target.id: value for target in item.targets if isinstance(target, ast.Name)}
    code = stated.get("code")
    return ErrorClass(
        name=node.name,
        module=path.relative_to(SOURCE.parent).with_suffix("").as_posix().replace("/", "."),
        bases=tuple(ast.unparse(base).rpartition(".")[2] for base in node.bases),
        text=ast.get_docstring(node) or "",
        code=code if isinstance(code, str) and re.fullmatch(r"R\d{3}", code) else "",
        exit_code=stated.get("exit_code"),
    )


def _constant(path: Path, name: str) -> Any:
    """Return what a module's constant is set to."""
    assigned = (node for node in ast.parse(path.read_bytes()).body if isinstance(node, ast.Assign))
    for node in assigned:
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        if name in names and isinstance(node.value, ast.Constant):
            return node.value.value
    return None


def _exit_code(error: ErrorClass, by_name: dict[str, ErrorClass]) -> int:
    if error.exit_code is not None:
        return error.exit_code
    inherited = (by_name[base] for base in error.bases if base in by_name)
    return next((_exit_code(base, by_name) for base in inherited), RestrikeError.exit_code)


def index_page() -> str:
    """Return docs/README.md, the way to every page."""
    parts = [
        "# restrike: documentation",
        GENERATED,
        "**Guides** show how something is done, **concepts** say what words mean, the **reference** is complete, "
        "**design** specifies the formats on disk exactly enough to write them anew, **decisions** say why things are "
        "as they are.",
    ]
    for folder, title in FOLDERS.items():
        entries = [
            f"- [{_title(text)}]({folder}/{name})" for name, text in sorted(_pages_of(folder).items()) if text.strip()
        ]
        if entries:
            parts += [f"## {title}", "\n".join(entries)]
    return "\n\n".join(parts) + "\n"


def _pages_of(folder: str) -> dict[str, str]:
    """Return the pages of a folder; those made here exist even before they are first written."""
    found = {path.name: path.read_text("utf-8") for path in (DOCS / folder).glob("*.md")}
    made = {"commands.md": "# Commands", "errors.md": "# Errors"} if folder == "reference" else {}
    return made | found


def _title(text: str) -> str:
    return text.splitlines()[0].removeprefix("# ")


def pages() -> dict[Path, str]:
    """Return every generated page with what it should hold."""
    return {
        DOCS / "README.md": index_page(),
        DOCS / "reference" / "commands.md": commands_page(),
        DOCS / "reference" / "errors.md": errors_page(),
    }


def main(arguments: list[str]) -> int:
    stale = {path: text for path, text in pages().items() if not path.exists() or path.read_text("utf-8") != text}
    for path, text in stale.items():
        if "--check" in arguments:
            print(f"{path.name} is out of date: make docs", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            print(f"wrote {path.name}")
    return int(bool(stale) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
