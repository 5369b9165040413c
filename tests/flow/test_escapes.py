"""A step that means to get out: nothing gets in, nothing outside is changed, and what it asked for is told."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import socket
import subprocess
import threading
from pathlib import Path

import pytest
import yaml

from restrike import api

ATTEMPTS = Path(__file__).parent / "escapes" / "attempts.py"
READINGS = Path(__file__).parent / "escapes" / "readings.py"
TOKEN = f"restrike-escapes-{os.getpid()}"
SECRET = "SECRET of the machine"
# Attempts that name a hidden file to the kernel, whatever the way: each of them is a finding as well.
ASKING = {
    "by_a_fork",
    "by_a_fork_of_a_fork",
    "by_threads",
    "by_the_c_library",
    "by_a_system_call",
    "by_a_newer_system_call",
    "by_a_static_program",
    "by_a_program_with_nothing_around_it",
    "by_an_isolated_python",
    "by_a_python_without_its_variables",
    "by_the_path_on_the_machine",
}
WITH = {
    "by_writing_to_what_was_given": {"given": "data.given"},
    "by_mounting": {"given": "data.given"},
    "by_a_user_namespace_of_its_own": {"given": "data.given"},
    "by_memory_of_another_step": {"after": "leaves_memory_behind"},
}
# Attempts that would get the secret on the machine itself, and do no harm there.
PLAIN = ASKING | {"by_sockets_of_the_machine", "by_what_this_process_was_started_with", "by_the_import_system"}
X86 = {"by_a_static_program", "by_calls_of_another_architecture"}


def attempts():
    tree = ast.parse(ATTEMPTS.read_text())
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    names = [name for name in names if name.startswith(("by_", "leaves_"))]
    return [name for name in names if os.uname().machine == "x86_64" or name not in X86]


@contextlib.contextmanager
def services(project):
    """Serve the secret on every kind of socket that a machine has."""
    Path(f"/tmp/{TOKEN}.sock").unlink(missing_ok=True)
    made = [socket.create_server(("127.0.0.1", 0))]
    with contextlib.chdir(project):
        for address in ("\0" + TOKEN, f"/tmp/{TOKEN}.sock", "service.sock"):
            made.append(socket.socket(socket.AF_UNIX))
            made[-1].bind(address)
            made[-1].listen()

    def serve(listening):
        with contextlib.suppress(OSError):
            while True:
                with listening.accept()[0] as stream:
                    stream.sendall(SECRET.encode())

    for listening in made:
        threading.Thread(target=serve, args=(listening,), daemon=True).start()
    try:
        yield made[0].getsockname()[1]
    finally:
        for listening in made:
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        for path in (Path(f"/tmp/{TOKEN}.sock"), project / "service.sock"):
            path.unlink(missing_ok=True)


@pytest.fixture
def prisoner(user):
    """Return somebody whose steps try every way out."""
    steps = {name: {"use": f"attempts:{name}", "inputs": WITH.get(name, {})} for name in attempts()}
    document = {"restrike": 1, "seal": "warn", "data": {"given": "data/given.txt"}, "steps": steps}
    user.writes(
        {
            "restrike.yaml": yaml.safe_dump(document, sort_keys=False),
            ".gitignore": "ignored/\nsecret_module.py\n*.sock\n",
            "ignored/secret.txt": SECRET,
            "secret_module.py": f"VALUE = {SECRET!r}\n",
            "data/given.txt": "given",
            "harmless.txt": "harmless",
        }
    )
    (Path(user.variables["HOME"]) / "secret.txt").write_text(SECRET)
    user.variables["SECRET_OF_THE_SHELL"] = SECRET
    user.git("init", "-q")
    return user


@contextlib.contextmanager
def armed(prisoner):
    """Have the attempts know what they are after."""
    with services(prisoner.project) as port:
        code = ATTEMPTS.read_text().replace("@PROJECT@", str(prisoner.project)).replace("@TOKEN@", TOKEN)
        prisoner.writes({"attempts.py": code.replace("@PORT@", str(port))})
        yield


def test_nothing_gets_in_and_nothing_outside_is_changed(prisoner, bare_env):
    before = {path: path.stat().st_mtime_ns for path in bare_env.rglob("*")}
    name = socket.gethostname()
    with armed(prisoner):
        run = prisoner.run()
    assert {step["name"]: step["state"] for step in run["steps"]} == dict.fromkeys(attempts(), "executed")
    for attempt in attempts():
        got = api.load(f"@last:{attempt}", project=prisoner.project)
        assert "SECRET" not in got, attempt
        assert "DONE" not in got, attempt
        assert "spoilt" not in got, attempt
    told = {finding["step"] for finding in run["findings"] if finding["severity"] == "undeclared"}
    assert ASKING & set(attempts()) <= told
    assert (prisoner.project / "data" / "given.txt").read_text() == "given"
    assert (prisoner.project / "ignored" / "secret.txt").read_text() == SECRET
    assert {path: path.stat().st_mtime_ns for path in bare_env.rglob("*")} == before
    assert socket.gethostname() == name
    assert prisoner.types("store", "check").status == 0


def test_without_a_seal_they_get_it(prisoner, bare_env):
    tried = sorted(PLAIN & set(attempts()))
    code = "import json, sys, attempts; print(json.dumps({name: getattr(attempts, name)() for name in sys.argv[1:]}))"
    with armed(prisoner):
        command = [bare_env / "bin" / "python", "-c", code, *tried]
        how = {"cwd": prisoner.project, "env": prisoner.variables, "capture_output": True, "text": True}
        done = subprocess.run(command, check=True, timeout=60, **how)
    got = json.loads(done.stdout.splitlines()[-1])
    assert [name for name in tried if "SECRET" not in got[name]] == []


@pytest.fixture
def reader(user):
    """Return somebody whose steps use a file of the project in every way there is."""
    tree = ast.parse(READINGS.read_text())
    ways = [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("by_")]
    steps = {way: {"use": f"readings:{way}"} for way in ways}
    user.writes(
        {
            "restrike.yaml": yaml.safe_dump({"restrike": 1, "steps": steps}, sort_keys=False),
            "readings.py": READINGS.read_text(),
            "unrelated.txt": "unrelated",
            "value_module_that_fails.py": "import sys, value_module\nsys.modules['value_kept'] = value_module\n1 / 0\n",
            **_valued("first"),
        }
    )
    user.git("init", "-q")
    return user


def _valued(value):
    return {
        "value.txt": f"{value}\n",
        "value_module.py": f"VALUE = {value!r}\nprint(VALUE) if __name__ == '__main__' else None\n",
    }


def test_no_way_of_using_a_file_escapes_the_cache(reader):
    first = _outputs(reader.run())
    reader.writes({**_valued("the second value"), "appears.txt": ""})
    again, afresh = _outputs(reader.run()), _outputs(reader.run("--no-reuse"))
    assert [way for way in first if first[way] == afresh[way]] == [], "every way does use it"
    assert [way for way in again if again[way] != afresh[way]] == [], "stale"


def _outputs(run):
    assert {step["name"]: step["error"] for step in run["steps"] if step["error"]} == {}
    return {step["name"]: step["outputs"]["output"]["digest"] for step in run["steps"]}
