"""Running and reproducing leave the user's tree, repository and environment exactly as they were."""

import base64
import hashlib
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

BEFORE = """
restrike: 1
name: untouched
seed: 3
data:
  numbers: data/numbers.csv
steps:
  read: {use: "steps:read", inputs: {numbers: data.numbers}, params: {offset: 1}}
"""

STEPS = """
from pathlib import Path
from tinypkg import FACTOR
from untracked import EXTRA

def read(numbers: Path, offset):
    return [FACTOR * int(line) + offset + EXTRA for line in numbers.read_text().split()]
"""


def wheel(folder, version, text):
    """Write a wheel of the package `tinypkg` that holds one module."""
    info = f"tinypkg-{version}.dist-info"
    files = {
        "tinypkg.py": text,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tinypkg\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{name},sha256={_record_hash(content)},{len(content)}" for name, content in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,"]) + "\n"
    path = folder / f"tinypkg-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def _record_hash(text):
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def pip(user, *words):
    """Call uv's pip for the project's own environment."""
    uv = shutil.which("uv", path=user.variables["PATH"])
    python = user.project / ".venv" / "bin" / "python"
    subprocess.run(
        [uv, "pip", *map(str, words), "--quiet", "--python", python],
        cwd=user.project,
        env=user.variables,
        check=True,
        capture_output=True,
    )


@pytest.fixture
def owner(user, bare_env, tmp_path):
    """Return somebody whose git project has everything that could be disturbed, and an environment of its own."""
    del user.variables["VIRTUAL_ENV"]
    user.writes({"restrike.yaml": BEFORE, "steps.py": STEPS, "data/numbers.csv": "1\n2\n3\n", "other.py": "1\n"})
    user.writes({".gitignore": ".venv/\nignored.txt\n.restrike/\n", "ignored.txt": "ignored\n"})
    shutil.copytree(bare_env, user.project / ".venv", symlinks=True)
    pip(user, "install", "--no-index", wheel(tmp_path, "1.0", "FACTOR = 10\n"))
    user.git("init", "-q")
    for hook in ("pre-commit", "post-checkout", "post-index-change", "reference-transaction"):
        user.writes({f".git/hooks/{hook}": "#!/bin/sh\ntouch hook-was-here\n"})
    user.git("add", "-A")
    user.git("commit", "-q", "-m", "first")
    user.writes({"other.py": "stashed\n"})
    user.git("stash", "-q")
    user.git("tag", "a-tag")
    user.writes({"other.py": "staged\n"})
    user.git("add", "other.py")
    user.writes({"other.py": "unstaged\n", "untracked.py": "EXTRA = 100\n"})
    for hook in (user.project / ".git/hooks").iterdir():
        hook.chmod(0o755)
    return user


def state(user):
    """Return all there is to see of the user's tree: every file with bytes, mode and times, and what git says."""
    quiet = {**user.variables, "GIT_OPTIONAL_LOCKS": "0"}
    asked = [["status", "--porcelain=v2", "--branch"], ["stash", "list"], ["for-each-ref"], ["reflog", "--all"]]
    said = [
        subprocess.run(["git", *words], cwd=user.project, env=quiet, capture_output=True, check=True).stdout
        for words in asked
    ]
    files = {}
    for folder, names, leaves in os.walk(user.project):
        names[:] = [name for name in names if name != ".restrike"]
        for name in [*names, *leaves]:
            path = Path(folder, name)
            facts = path.lstat()
            content = None if path.is_dir() or path.is_symlink() else path.read_bytes()
            files[str(path.relative_to(user.project))] = (facts.st_mode, facts.st_mtime_ns, facts.st_ino, content)
    return said, files


def test_a_run_is_reproduced_after_code_config_data_and_packages_have_changed(owner, tmp_path):
    before = state(owner)
    run = owner.run()
    assert state(owner) == before
    owner.types("show", "@last")
    owner.types("--json", "reproduce", "@last", "--plan")
    assert state(owner) == before
    (tmp_path / "tinypkg-1.0-py3-none-any.whl").unlink()

    owner.writes({"steps.py": "def read(numbers, offset): return 0\n", "data/numbers.csv": "9\n"})
    owner.writes({"restrike.yaml": BEFORE.replace("offset: 1", "offset: 2")})
    (owner.project / "untracked.py").unlink()
    pip(owner, "uninstall", "tinypkg")
    shutil.rmtree(Path(owner.variables["RESTRIKE_CACHE"]) / "envs" / run["seal"]["environment"], ignore_errors=True)
    changed = state(owner)
    verdict = owner.reproduce(run["run"])
    assert verdict["verdict"] == "identical"
    assert verdict["scope"]["environment"]["mismatches"] == []
    assert state(owner) == changed
    text = owner.types("get", f"{run['run']}:read", "-o", "-").out
    assert text.replace(" ", "").strip() == "[111,121,131]"
    assert state(owner) == changed


def test_a_run_and_its_reproduction_say_nothing_of_it_in_git(owner):
    """Nothing is left in refs, objects, config or worktrees either: the repository of the code is the store's."""
    objects = sorted((owner.project / ".git" / "objects").rglob("*"))
    run = owner.run()
    owner.reproduce(run["run"])
    assert sorted((owner.project / ".git" / "objects").rglob("*")) == objects
    assert not (owner.project / "hook-was-here").exists()
    assert owner.git("worktree", "list").count("\n") == 1


def test_a_step_cannot_change_the_project(user):
    """What a step writes into its working directory is gone with the step, in the run as in the reproduction."""
    user.writes(
        {
            "restrike.yaml": """
restrike: 1
name: writer
data: {numbers: data/numbers.csv}
steps:
  write: {use: "steps:write"}
  look: {use: "steps:look", inputs: {before: write, numbers: data.numbers}}
  command: {run: "sh writes.sh", outputs: {made: made.txt}}
""",
            "steps.py": """
from pathlib import Path

def write():
    Path("steps.py").write_text("spoilt")
    Path("new.txt").write_text("new")
    Path("writes.sh").unlink()
    return sorted(path.name for path in Path().iterdir())

def look(before, numbers: Path):
    try:
        numbers.write_text("spoilt")
    except OSError as error:
        return [before, sorted(path.name for path in Path().iterdir()), type(error).__name__]
""",
            "writes.sh": "echo made > made.txt; echo spoilt > steps.py\n",
            "data/numbers.csv": "1\n",
        }
    )
    user.git("init", "-q")
    user.git("add", "-A")
    user.git("commit", "-q", "-m", "first")
    user.types("runs")
    before = state(user)
    run = user.run()
    assert state(user) == before
    text = user.types("get", "@last:look", "-o", "-").out
    assert "new.txt" in text
    assert text.count("new.txt") == 1
    assert user.reproduce(run["run"])["verdict"] == "identical"
    assert state(user) == before
