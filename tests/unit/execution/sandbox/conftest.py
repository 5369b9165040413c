"""Sandboxes over real processes, with a stand-in for the codecs: what is tested here is the seal, not the formats."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import restrike
from restrike.execution.sandbox import Mount, Outcome, Sandbox, Seal, Work
from restrike.execution.sandbox.variables import stated

PACKAGE = Path(restrike.__file__).parent
CODECS = """
import dataclasses, json, shutil
from pathlib import Path

@dataclasses.dataclass(frozen=True)
class Encoded:
    codec: str

def encode(value, folder, name):
    if isinstance(value, Path):
        (shutil.copytree if value.is_dir() else shutil.copyfile)(value, folder / name)
        return Encoded("file@1")
    (folder / name).write_text(json.dumps(value))
    return Encoded("json@1")

def decode(path, codec, want, engine=None):
    return path if want is Path else json.loads(path.read_text())

def read_data(path, read, want):
    return path if want is Path else path.read_text()

@dataclasses.dataclass(frozen=True)
class Difference:
    where: str
    ours: str
    theirs: str

def differences(a_path, a_codec, b_path, b_codec, limit=20):
    a, b = a_path.read_text(), b_path.read_text()
    return [] if a == b else [Difference(".", a, b)]
"""


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("engine")
    for room in ("base", "pipeline", "worker"):
        shutil.copytree(PACKAGE / room, folder / "restrike" / room)
    shutil.copyfile(PACKAGE / "__init__.py", folder / "restrike" / "__init__.py")
    (folder / "restrike" / "codecs").mkdir()
    (folder / "restrike" / "codecs" / "__init__.py").write_text(CODECS)
    return folder


def environment() -> tuple[Mount, ...]:
    prefix, base = Path(sys.prefix), Path(sys.base_prefix)
    return (Mount(base, str(base)), Mount(prefix, "/env"), Mount(prefix, str(prefix)))


class Bench:
    """A project, its sandbox, and what came out of it."""

    def __init__(
        self, folder: Path, engine: Path, *, preload: tuple[str, ...] = (), variables: dict[str, str] | None = None
    ):
        self.folder, self.project = folder, folder / "snapshot"
        self.project.mkdir(exist_ok=True)
        self.logged: list[tuple[str, str, bytes]] = []
        self.seal = Seal(
            interpreter=Path(sys.executable),
            environment=environment(),
            engine=engine,
            code=self.project,
            import_roots=(".",),
            variables=stated("portable", 1, variables or {}),
            preload=preload,
        )
        self.sandbox = Sandbox(self.seal, on_log=lambda *entry: self.logged.append(entry))
        self.count = 0

    def write(self, name: str, text: str) -> Path:
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def work(self, job: dict[str, Any], **how: Any) -> Work:
        self.count += 1
        self.outputs = self.folder / f"outputs{self.count}"
        self.outputs.mkdir()
        full = {"protocol": 1, "op": "step", "step": "s", "seed": 7, "run_seed": 0, "params": {}, "inputs": {}} | job
        full.setdefault("outputs", [{"name": "output"}])
        return Work(how.pop("step", "s"), full, tuple(how.pop("mounts", ())), self.outputs, **how)

    def call(self, body: str, *, job: dict[str, Any] | None = None, **how: Any) -> Outcome:
        """Execute `def f():` with this body."""
        name = f"module{self.count}"
        self.write(f"{name}.py", "def f(**given):\n" + textwrap.indent(textwrap.dedent(body), "    "))
        return self.sandbox.execute(self.work({"use": f"{name}:f", **(job or {})}, **how))

    def command(self, *command: str, **how: Any) -> Outcome:
        outputs = how.pop("declared", [])
        return self.sandbox.execute(
            self.work({"command": list(command), "outputs": outputs, **how.pop("job", {})}, **how)
        )

    def value(self, outcome: Outcome, name: str = "output") -> Any:
        import json

        assert outcome.state == "ok", outcome.result
        return json.loads((self.outputs / name).read_text())

    def printed(self, stream: str = "stdout") -> bytes:
        return b"".join(data for _, which, data in self.logged if which == stream)


Make = Callable[..., Bench]


@pytest.fixture
def make(tmp_path: Path, engine: Path) -> Iterator[Make]:
    made: list[Bench] = []

    def build(**how: Any) -> Bench:
        made.append(Bench(tmp_path, engine, **how))
        return made[-1]

    yield build
    for bench in made:
        bench.sandbox.stop()


@pytest.fixture
def bench(make: Make) -> Bench:
    return make()


@pytest.fixture
def unsealed(bench: Bench) -> Bench:
    """A bench on a machine that forbids namespaces."""
    bench.sandbox._unsealed = "unshare: Operation not permitted"
    return bench
