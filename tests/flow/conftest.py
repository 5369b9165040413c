"""The command line as a person uses it: a child process, a home of its own, real projects, real environments."""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
EXAMPLES = ROOT / "examples"


@dataclass
class Answer:
    """What a command printed and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@dataclass
class User:
    """Somebody at a terminal, in a project."""

    project: Path
    variables: dict

    def types(self, *words, status=0, timeout=240, cwd=None, **more):
        """Run `restrike WORDS` and return the answer; fail the test if it does not end with `status`."""
        done = subprocess.run(
            [str(BIN / "restrike"), *map(str, words)],
            cwd=cwd or self.project,
            env={**self.variables, **more},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        answer = Answer(done.returncode, done.stdout, done.stderr)
        if status is not None:
            assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert 'Traceback (most recent call last):\n  File "' + str(ROOT) not in done.stderr
        return answer

    def git(self, *words):
        done = subprocess.run(
            ["git", *words], cwd=self.project, env=self.variables, capture_output=True, text=True, check=True
        )
        return done.stdout

    def run(self, *words, status=0, **more):
        """Run the pipeline and return the run's document."""
        return self.types("--json", "run", *words, status=status, **more).json

    def reproduce(self, run="@last", *words, status=0, **more):
        """Reproduce a run and return the verdict's document."""
        return self.types("--json", "reproduce", run, *words, status=status, **more).json

    def writes(self, files):
        for name, text in files.items():
            path = self.project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """Return a folder that all workers of this test run share: environments are built once."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@contextlib.contextmanager
def alone(path):
    with open(path, "w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def built(folder, requirements):
    """Make a virtual environment once, whoever asks first."""
    with alone(folder.with_suffix(".lock")):
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([BIN / "uv", "venv", "-q", "--python", sys.executable, folder], check=True)
            if requirements:
                install = ["pip", "install", "-q", "--python", folder / "bin" / "python", "--require-hashes"]
                compiled = ["--compile-bytecode", "-r", requirements]
                subprocess.run([BIN / "uv", *install, *compiled], check=True)
            (folder / "ready").touch()
    return folder


@pytest.fixture(scope="session")
def bare_env(shared):
    """An environment with nothing installed, for steps that need only the standard library."""
    return built(shared / "bare-env", None)


@pytest.fixture(scope="session")
def ml_env(shared):
    """An environment with pandas, pyarrow and scikit-learn."""
    return built(shared / "ml-env", ROOT / "requirements" / "demo.txt")


def at_home(home, shared):
    """Return the variables of somebody with an empty home."""
    home.mkdir()
    kept = {name: os.environ[name] for name in os.environ if name.startswith(("UV_", "PIP_", "SSL_"))}
    uv_cache = subprocess.run([BIN / "uv", "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip()
    return {
        **kept,
        "HOME": str(home),
        "PATH": f"{BIN}:/usr/local/bin:/usr/bin:/bin",
        "RESTRIKE_CACHE": str(shared / "cache"),
        "UV_CACHE_DIR": uv_cache,
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.org",
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",
    }


@pytest.fixture
def variables(tmp_path, shared):
    return at_home(tmp_path / "home", shared)


@pytest.fixture(scope="module")
def lasting_user(tmp_path_factory, shared, bare_env):
    """Return somebody in an empty folder, for all tests of a module: what they did once, many tests look at."""
    folder = tmp_path_factory.mktemp("lasting")
    (folder / "project").mkdir()
    return User(folder / "project", {**at_home(folder / "home", shared), "VIRTUAL_ENV": str(bare_env)})


@pytest.fixture
def user(tmp_path, variables, bare_env):
    """Return somebody in an empty folder whose active environment is bare."""
    project = tmp_path / "project"
    project.mkdir()
    return User(project, {**variables, "VIRTUAL_ENV": str(bare_env)})


@pytest.fixture
def example(tmp_path, variables, ml_env):
    """Return a function that puts somebody into a copy of an example, committed to git."""

    def copy(name):
        project = tmp_path / name
        shutil.copytree(EXAMPLES / name, project, ignore=shutil.ignore_patterns(".restrike", "__pycache__"))
        user = User(project, {**variables, "VIRTUAL_ENV": str(ml_env)})
        user.git("init", "-q")
        user.git("add", "-A")
        user.git("commit", "-q", "-m", "first")
        return user

    return copy


STEPS = """
restrike: 1
name: small
seed: 3
data:
  numbers: data/numbers.csv
steps:
  double:
    use: "steps:double"
    inputs: {numbers: data.numbers}
  total:
    use: "steps:total"
    inputs: {doubled: double}
    params: {offset: 1}
"""

FUNCTIONS = """
from pathlib import Path

def double(numbers: Path):
    return [2 * int(line) for line in numbers.read_text().split()]

def total(doubled, offset):
    return {"sum": sum(doubled) + offset}
"""


@pytest.fixture
def small(user):
    """Return somebody in a git project with two light steps of their own."""
    user.writes({"restrike.yaml": STEPS, "steps.py": FUNCTIONS, "data/numbers.csv": "1\n2\n3\n"})
    user.git("init", "-q")
    user.git("add", "-A")
    user.git("commit", "-q", "-m", "first")
    return user
