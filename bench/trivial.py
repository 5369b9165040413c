"""Projects of trivial steps, and plain Python that does the same."""

from __future__ import annotations

from pathlib import Path

STEP = """
def first(start):
    return start + 1

def following(before):
    return before + 1
"""
OVER_SKLEARN = "import sklearn.linear_model\n" + STEP
PLAIN = """
import json, steps
value = steps.first({seed})
for number in range({steps}):
    with open(f"{{number}}.json", "w") as file:
        json.dump(value, file)
    value = steps.following(value)
"""


def chain(folder: Path, steps: int, source: str = STEP, start: int = 0) -> None:
    """Write a project of steps that each take what the one before made."""
    lines = [f"  s000: {{use: 'steps:first', params: {{start: {start}}}}}"]
    lines += [f"  s{n:03}: {{use: 'steps:following', inputs: {{before: s{n - 1:03}}}}}" for n in range(1, steps)]
    _write(folder, lines, source)


def fan(folder: Path, steps: int, source: str = STEP, start: int = 0) -> None:
    """Write a project of steps that don't need each other."""
    _write(folder, [f"  s{n:03}: {{use: 'steps:first', params: {{start: {start + n}}}}}" for n in range(steps)], source)


def plain(folder: Path, steps: int) -> str:
    """Return a program that calls the same functions and writes what each returns into a file."""
    return PLAIN.format(steps=steps, seed=0)


def _write(folder: Path, lines: list[str], source: str) -> None:
    (folder / "steps.py").write_text(source)
    (folder / "restrike.yaml").write_text("restrike: 1\nname: trivial\nsteps:\n" + "\n".join(lines) + "\n")
