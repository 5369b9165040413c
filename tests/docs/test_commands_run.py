"""Every command that README and guides show is executed, and what it prints compared.

In a page, a `console` block holds commands (after `$ `) and what they print on standard output. A block whose info
string has a second word, such as ```` ```yaml restrike.yaml ````, is written into that file first. `<!-- begins with
FOLDER -->` names an example that the page begins with. A line `...` stands for any lines. A command that is meant to
fail ends in `# exit status N`; then the error that it prints is compared too. Digests, IDs, times and the widths of
columns may differ.

"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "guides").glob("*.md"))]
SLOW = {"diff-two-runs.md", "environments.md", "slices-and-gates.md", "train-from-one-file.md"}
BLOCK = re.compile(r"^```(?P<kind>\w+)(?: (?P<file>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
BEGINS = re.compile(r"<!-- begins with (\S+) -->")
NEEDS_NO_PACKAGES = "<!-- needs no packages -->"
USER = pwd.getpwuid(os.getuid()).pw_name
WRITE = os.environ.get("RESTRIKE_SNAPSHOTS") == "write"


@dataclass
class Command:
    """One command of a page, what the page says it prints, and what it printed."""

    text: str
    expected: str
    printed: str = ""

    @property
    def status(self) -> int:
        found = re.search(r"# exit status (\d+)$", self.text)
        return int(found[1]) if found else 0

    @property
    def is_shortened(self) -> bool:
        return any(line.strip() == "..." for line in self.expected.splitlines())


def commands_in(text: str) -> list[Command]:
    found: list[Command] = []
    for line in text.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append(Command(line[2:].rstrip("\n"), ""))
        elif found and found[-1].text.endswith("\\"):
            found[-1].text += "\n" + line.rstrip("\n")
        else:
            found[-1].expected += line
    return found


def bare(text: str) -> str:
    """Return output without what differs from run to run and from machine to machine."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    text = re.sub(r"\b[a-z2-7]{52}\b", "ID", text)
    text = re.sub(r"\b[0-9a-f]{64}\b|\b(?=[a-z]*[0-9])[a-z0-9]{12}\b|\b[a-z2-7]{12}\b", "ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\d|\b\d\d:\d\d(:\d\d)?\b", "TIME", text)
    text = re.sub(r"\b\d+(\.\d+)? (ms|s|min)\b|\b(just now|\d+ \w+ ago)\b", "TIME", text)
    text = re.sub(r"/\S*/(?=[\w.-]+)", "/", text)
    text = re.sub(rf"\b({USER}|ada)\b", "ada", text)
    text = re.sub(r"^ *(isolation|cpu|platform|python) .*$", r"\1 of this machine", text, flags=re.MULTILINE)
    text = re.sub(r"^( *(?:recorded|reproduced) +)-?[\d.e+-]+$", r"\1NUMBER", text, flags=re.MULTILINE)  # unseeded
    text = re.sub(r"values differ; difference .*", "values differ", text)
    text = re.sub(r"\b\d+ threads?\b", "THREADS", text)
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines() if line.strip())


def matches(expected: str, printed: str) -> bool:
    parts = [re.escape(part.strip("\n")) for part in re.split(r"^\.\.\.$", bare(expected), flags=re.MULTILINE)]
    return re.fullmatch(r"(?:\n|.)*?".join(parts), bare(printed)) is not None


def execute(command: Command, folder: Path, variables: dict[str, str]) -> tuple[Path, dict[str, str]]:
    """Execute a command as bash does, and return the folder it ended in and the variables it exported."""
    script = f"set -o pipefail -o allexport\n{command.text}\nstatus=$?\npwd >&3\nenv -0 >&4\nexit $status\n"
    where, exported = folder / ".where", folder / ".exported"
    with open(where, "w") as third, open(exported, "w") as fourth:
        done = subprocess.run(
            ["bash", "-c", f"exec 3>&{third.fileno()} 4>&{fourth.fileno()}\n{script}"],
            cwd=folder,
            env=variables,
            capture_output=True,
            text=True,
            pass_fds=(third.fileno(), fourth.fileno()),
            timeout=240,
            check=False,
        )
    command.printed = done.stdout
    if command.status and "error[" in done.stderr:
        command.printed += done.stderr[done.stderr.index("error[") :]
    assert done.returncode == command.status, f"{command.text}\n{done.stdout}\n{done.stderr}"
    after = dict(pair.split("=", 1) for pair in exported.read_text().split("\0") if "=" in pair)
    place = Path(where.read_text().strip())
    where.unlink()
    exported.unlink()
    return place, after


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=[pytest.mark.slow] if page.name in SLOW else []) for page in PAGES],
    ids=lambda page: page.stem,
)
def test_commands_print_what_the_page_says(page, tmp_path, variables, request):
    text = page.read_text("utf-8")
    folder = tmp_path / "project"
    begins = BEGINS.search(text)
    if begins:
        shutil.copytree(ROOT / begins[1], folder, ignore=shutil.ignore_patterns(".restrike", "__pycache__"))
    else:
        folder.mkdir()
    environment = request.getfixturevalue("bare_env" if NEEDS_NO_PACKAGES in text else "ml_env")
    variables = {**variables, "VIRTUAL_ENV": str(environment), "COLUMNS": "100"}
    variables["PATH"] = f"{environment}/bin:{variables['PATH']}"
    wrong, written = [], text
    for block in BLOCK.finditer(text):
        if block["file"]:
            target = folder / block["file"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block["text"])
        if block["kind"] != "console":
            continue
        commands = commands_in(block["text"])
        for command in commands:
            folder, variables = execute(command, folder, variables)
            if not matches(command.expected, command.printed):
                wrong.append(command)
        if WRITE:
            written = written.replace(block["text"], "".join(_shown(command, folder) for command in commands), 1)
    if WRITE and written != text:
        page.write_text(written, "utf-8")
        wrong = [command for command in wrong if command.is_shortened]
    told = "\n".join(f"$ {command.text}\n{command.printed}\n--- the page says\n{command.expected}" for command in wrong)
    assert not wrong, told


def _shown(command: Command, folder: Path) -> str:
    """Return a command with what it printed, as if somebody called Ada had executed it."""
    printed = command.printed.replace(str(folder), "/home/ada/project")
    printed = re.sub(r"[ \t]+$", "", re.sub(rf"\b{USER}\b", "ada", printed), flags=re.MULTILINE)
    printed = command.expected if command.is_shortened else printed
    return f"$ {command.text}\n" + (printed.strip("\n") + "\n" if printed.strip() else "")


def test_a_page_that_says_something_else_would_be_caught():
    assert matches("a  b\n...\nlast 0.3 s", "a b\n1\n2\nlast 12 ms\n")
    assert matches("run ut3sge6l5lts", "run kuo6s4bdyyaj")
    assert not matches("accuracy 0.79", "accuracy 0.78")
    assert not matches("...\nlast", "first\nlast\nmore")
