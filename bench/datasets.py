"""Adding large data: one file of 2 GB, and 50,000 small ones."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from measure import Measurement, Shell
from place import RESTRIKE, Place

BLOCK = 1 << 20
COPY = """
import hashlib, os, sys
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        source, hasher = os.path.join(folder, name), hashlib.sha256()
        target = os.path.join("copies", os.path.relpath(source, sys.argv[1]))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(source, "rb") as a, open(target, "wb") as b:
            while data := a.read(1 << 20):
                hasher.update(data)
                b.write(data)
"""


def measure(place: Place, repeats: int) -> Iterator[Measurement]:
    shell = place.project("datasets")
    one_file(shell.folder / "large")
    yield from added(shell, "large", "a file of 2 GB", repeats, 2.5)
    many_files(shell.folder / "small")
    yield from added(shell, "small", "50,000 files of 4 KB", repeats, 2.5)
    shutil.rmtree(shell.folder)


def added(shell: Shell, name: str, what: str, repeats: int, budget: float) -> Iterator[Measurement]:
    def afresh() -> None:
        shutil.rmtree(shell.folder / ".restrike", ignore_errors=True)

    def without_copies() -> None:
        shutil.rmtree(shell.folder / "copies", ignore_errors=True)

    (shell.folder / "restrike.yaml").write_text(
        f"restrike: 1\ndata: {{{name}: {name}}}\nsteps: {{s: {{run: 'true', inputs: {{d: data.{name}}}}}}}\n"
    )
    plain = shell.times(repeats, sys.executable, "-c", COPY, name, before=without_copies)
    without_copies()
    values = shell.times(repeats, RESTRIKE, "data", "add", name, before=afresh)
    yield Measurement("data", f"add {what} (plain: copy and hash)", values, budget=budget, plain=plain)
    again = shell.times(repeats, RESTRIKE, "data", "add", name)
    yield Measurement("data", f"add {what} again, unchanged", again, budget=0.4)


def one_file(folder: Path) -> None:
    folder.mkdir()
    with open(folder / "one.bin", "wb") as stream:
        for _ in range(2000):
            stream.write(os.urandom(BLOCK))


def many_files(folder: Path) -> None:
    for number in range(50_000):
        target = folder / f"{number // 500:03}" / f"{number:05}.bin"
        if number % 500 == 0:
            target.parent.mkdir(parents=True)
        target.write_bytes(os.urandom(4096))
