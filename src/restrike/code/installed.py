"""What installing the project left in its environment beside its code: metadata and programs.

A distribution installed from the project is code, so a rebuilt environment does not have it. Yet its code asks for its
own version, and its programs are called by name: both are kept with the recipe, and laid out again for every step.
"""

from __future__ import annotations

import configparser
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

METADATA, PROGRAMS = "metadata", "bin"  # the folders of a layout
_ENTRY_POINTS = "entry_points.txt"
_GROUPS = ("console_scripts", "gui_scripts")

Distributions = dict[str, dict[str, str]]  # name of a .dist-info folder -> its files' texts


def distributions(project: Path, site_packages: Sequence[Path]) -> Distributions:
    """Return the metadata of what is installed from the project, editable or not: headers and entry points."""
    project, found = project.resolve(), Distributions()
    for site in site_packages:
        for folder in sorted(site.glob("*.dist-info")):
            source = source_of(folder)
            if folder.name not in found and source is not None and source.resolve().is_relative_to(project):
                found[folder.name] = dict(_kept(folder))
    return found


def source_of(dist_info: Path) -> Path | None:
    """Return the local folder or archive that a distribution was installed from."""
    try:
        address = json.loads(text_of(dist_info / "direct_url.json") or "{}").get("url", "")
    except (ValueError, AttributeError):
        return None
    parts = urlsplit(address if isinstance(address, str) else "")
    return Path(unquote(parts.path)) if parts.scheme == "file" and parts.netloc in ("", "localhost") else None


def lay_out(found: Mapping[str, Mapping[str, str]], folder: Path) -> None:
    """Write metadata and programs below a folder: `metadata` for `sys.path`, `bin` for PATH."""
    (folder / PROGRAMS).mkdir(parents=True)
    for name, files in found.items():
        place = folder / METADATA / name
        place.mkdir(parents=True)
        for file, text in files.items():
            (place / file).write_text(text, "utf-8")
        for program, target in _programs(files.get(_ENTRY_POINTS, "")):
            path = folder / PROGRAMS / program
            path.write_text(_program(target), "utf-8")
            path.chmod(0o755)


def text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8", "surrogateescape")
    except OSError:
        return ""


def _kept(dist_info: Path) -> Iterator[tuple[str, str]]:
    # Without the body, which is the README: a change of it would be another recipe.
    yield "METADATA", _readable(dist_info / "METADATA").partition("\n\n")[0] + "\n"
    if entry_points := _readable(dist_info / _ENTRY_POINTS):
        yield _ENTRY_POINTS, entry_points


def _readable(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _programs(entry_points: str) -> Iterable[tuple[str, str]]:
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # names of programs keep their case
    try:
        parser.read_string(entry_points)
    except configparser.Error:
        return
    for group in _GROUPS:
        if parser.has_section(group):
            yield from ((name, target) for name, target in parser.items(group) if name == os.path.basename(name))


def _program(target: str) -> str:
    module, _, attribute = target.partition("[")[0].strip().partition(":")
    first = attribute.partition(".")[0].strip()
    called = f"from {module.strip()} import {first}\n\nsys.exit({attribute.strip()}())\n"
    return f"#!/usr/bin/env python3\nimport sys\n\n{called}"
