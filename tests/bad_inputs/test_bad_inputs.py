"""Bad inputs, a folder each: what a user reads, to the last letter, and that it cost them nothing.

`cases/NAME/case.yaml` says what is typed in which project, `stderr.txt` all that is told (and `stdout.txt` where a
step failed: a run's screen). To write the texts anew after a change that is meant: RESTRIKE_SNAPSHOTS=write, then
read the difference as the user would.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parent
CASES = sorted(path.parent.name for path in (HERE / "cases").glob("*/case.yaml"))
KEYS = {"project", "environment", "replace", "files", "latin1", "before", "type", "status", "recorded", "needs"}
READ_ONLY = ["unshare", "--user", "--map-root-user", "--mount", "true"]


def written(case, project):
    """Lay out the project of a case."""
    shutil.copytree(HERE / "projects" / case.get("project", "training"), project, dirs_exist_ok=True)
    for name, changes in case.get("replace", {}).items():
        path = project / name
        text = path.read_text()
        for old, new in changes.items():
            assert old in text, old
            text = text.replace(old, new)
        path.write_text(text)
    for encoding, files in (("utf-8", case.get("files", {})), ("latin-1", case.get("latin1", {}))):
        for name, text in files.items():
            path = project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode(encoding))


def typed(line, project, variables):
    return subprocess.run(
        ["sh", "-c", line], cwd=project, env=variables, capture_output=True, text=True, timeout=120, check=False
    )


def plain(text, places):
    """Return a text without what is another on every machine and each time."""
    for path, word in places:
        text = text.replace(str(path), word)
    text = re.sub(r"\b[a-z2-7]{52}\b", "RUN", text)
    text = re.sub(r"\b(reproduce|reproduction|show|log|run) [a-z2-7]{12}\b", r"\1 RUN", text)
    text = re.sub(r"'.' could be any of \w{12}, \w{12}$", "'X' could be any of RUN, RUN", text, flags=re.MULTILINE)
    text = re.sub(r"\b[0-9a-f]{64}\b|\b(?=[a-f]*[0-9])[0-9a-f]{12}\b", "DIGEST", text)
    text = re.sub(r"\b[\d.]+ (ms|s)\b", "SECONDS", text)
    text = re.sub(r"Python 3\.1\d\.\d+", "Python 3.x", text).replace(f"python3.{sys.version_info[1]}", "python3.x")
    text = re.sub(r" +SECONDS", " SECONDS", re.sub(r"^ +cpu$", "  cpu", text, flags=re.MULTILINE))
    text = re.sub(r"^(  isolation +).*", r"\1HOW", text, flags=re.MULTILINE)
    text = re.sub(r'(?<=File "PYTHON)(.*, line )\d+', r"\1N", text)
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def check(path, text):
    if os.environ.get("RESTRIKE_SNAPSHOTS") == "write":
        path.write_text(text)
    assert text == path.read_text()


def ledger(project):
    """Return the formats of the records that the project's ledger holds."""
    records = (project / ".restrike" / "ledger").glob("*/*.json")
    return [json.loads(path.read_bytes())["format"] for path in records]


@pytest.fixture(scope="session")
def looked_at(shared, ml_env, tmp_path_factory):
    """Return a store without runs that knows the environment with scikit-learn."""
    project = tmp_path_factory.mktemp("looked-at")
    (project / "restrike.yaml").write_text('restrike: 1\nsteps: {none: {run: ["true"]}}\n')
    variables = os.environ | {"VIRTUAL_ENV": str(ml_env), "RESTRIKE_CACHE": str(shared / "cache")}
    subprocess.run([Path(sys.executable).with_name("restrike"), "env", "show"], cwd=project, env=variables, check=True)
    return project / ".restrike"


@pytest.mark.parametrize("name", CASES)
def test_a_bad_input_is_told_plainly_and_costs_nothing(name, tmp_path, variables, request):
    case = yaml.safe_load((HERE / "cases" / name / "case.yaml").read_text())
    assert set(case) <= KEYS
    if case.get("needs") == "mounts" and subprocess.run(READ_ONLY, capture_output=True, check=False).returncode:
        pytest.skip("no mounts of one's own on this machine")
    project = tmp_path / "project"
    written(case, project)
    environment = request.getfixturevalue(f"{case.get('environment', 'bare')}_env")
    if environment.name == "ml-env":  # it has been looked at before, as it would have been at the first run
        shutil.copytree(request.getfixturevalue("looked_at"), project / ".restrike")
    restrike = Path(sys.executable).parent
    variables |= {"VIRTUAL_ENV": str(environment), "COLUMNS": "100", "BIN": str(restrike)}
    if "before" in case:
        before = typed(case["before"], project, variables)
        assert before.returncode == 0, before.stderr
    opened = len(ledger(project))
    done = typed(case["type"], project, variables)
    hidden = [
        (project, "PROJECT"),
        (variables["HOME"], "HOME"),
        (variables["RESTRIKE_CACHE"], "CACHE"),
        (environment, "ENVIRONMENT"),
        (tmp_path, "FOLDER"),
        (sys.base_prefix + "/", "PYTHON/"),
    ]
    assert done.returncode == case.get("status", 2), done.stdout + done.stderr
    assert "/src/restrike/" not in done.stderr + done.stdout, "a traceback of restrike's own"
    check(HERE / "cases" / name / "stderr.txt", plain(done.stderr, hidden))
    if done.returncode == 2:
        assert done.stdout == ""
        assert ledger(project)[opened:] == [] or case.get("recorded"), "a mistake in the input was executed"
    else:
        check(HERE / "cases" / name / "stdout.txt", plain(done.stdout, hidden))


def test_no_text_lies_about_without_its_case():
    assert sorted(path.name for path in (HERE / "cases").iterdir() if path.is_dir()) == CASES
    assert len(CASES) >= 35
