"""Somebody at a terminal (the fixtures of tests/flow), and ways to harm what restrike keeps for them."""

import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("restrike_people", Path(__file__).parents[1] / "flow" / "conftest.py")
people = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = people
_spec.loader.exec_module(people)
shared, bare_env, variables, user, small = (
    people.shared,
    people.bare_env,
    people.variables,
    people.user,
    people.small,
)


class Store:
    """A project's store as one who harms it sees it."""

    def __init__(self, user):
        self.user = user
        self.root = user.project / ".restrike"

    def files(self, part):
        """Return the files of a part of the store, sorted."""
        return sorted(path for path in (self.root / part).rglob("*") if path.is_file())

    def object(self, digest):
        return self.root / "objects" / digest[:2] / digest

    def records(self):
        """Return every sound record by its digest."""
        return {path.stem: json.loads(path.read_bytes()) for path in self.files("ledger")}

    def of_format(self, name):
        """Return the records of a format, with their paths."""
        kept = {path: json.loads(path.read_bytes()) for path in self.files("ledger")}
        return {path: record for path, record in kept.items() if record["format"].startswith(f"restrike.{name}/")}

    def leftovers(self):
        """Return what lies in the folders for unfinished files."""
        folders = [self.root / "tmp", self.root / ".git" / "restrike" / "tmp"]
        return [path.name for folder in folders if folder.is_dir() for path in folder.iterdir()]

    @contextlib.contextmanager
    def aside(self):
        """Put the store back, afterwards, as it is now."""
        kept = self.root.with_name("kept")
        shutil.copytree(self.root, kept, symlinks=True)
        try:
            yield
        finally:
            shutil.rmtree(self.root, ignore_errors=True)
            kept.rename(self.root)


@pytest.fixture
def store_of():
    """Return what gives the store of a person's project."""
    return Store


@pytest.fixture
def store(small):
    return Store(small)


@pytest.fixture
def flip():
    """Return a function that flips one bit in the middle of a file."""

    def flip(path, bit=0):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1 << bit
        mode = path.stat().st_mode
        path.chmod(0o644)
        path.write_bytes(data)
        path.chmod(mode)

    return flip


TWENTY = "\n".join(
    ["restrike: 1", "name: twenty", "data: {numbers: data/numbers.csv}", "steps:"]
    + ["  s01: {use: 'steps:first', inputs: {numbers: data.numbers}}"]
    + [f"  s{n:02d}: {{use: 'steps:more', inputs: {{value: s{n - 1:02d}}}, params: {{by: {n}}}}}" for n in range(2, 21)]
)
STEPS = """
def first(numbers):
    return sum(int(line) for line in numbers.read_text().split())

def more(value, by):
    return value + by
"""


@pytest.fixture
def twenty(user):
    """Return somebody with twenty light steps, one after the other."""
    user.writes({"restrike.yaml": TWENTY, "steps.py": STEPS, "data/numbers.csv": "1\n2\n3\n"})
    return user


@pytest.fixture
def scripted():
    """Return a function that executes a Python script as the user, in the project, and returns what it prints."""

    def scripted(user, text, *words):
        done = subprocess.run(
            [sys.executable, "-c", text, *map(str, words)],
            cwd=user.project,
            env=user.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return scripted


@pytest.fixture
def started():
    """Return a function that starts a command and returns its process; whatever still lives is killed at the end."""
    living = []

    def start(user, *words, **more):
        process = subprocess.Popen(
            [str(people.BIN / "restrike"), *map(str, words)],
            cwd=user.project,
            env={**user.variables, **more.pop("env", {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **more,
        )
        living.append(process)
        return process

    yield start
    for process in living:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            process.wait()
        process.stdout.close()
        process.stderr.close()
