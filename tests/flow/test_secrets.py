"""No secret's value is ever written down: not by any object, record, log, cache or commit, whatever a step does."""

import re
import sqlite3
import subprocess
import zlib

import pytest

VALUE = "hunter2-Zq8$wK"
MULTILINE = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----"
QUOTED = "p\"a\\ss'wörd-Q7"
DOTENV = "sk-dotenv-5d41402a"
TOKEN = "ghp_0123456789abcdef"
PASSWORD = "s3cr3t-p4ss"

CONFIG = """
restrike: 1
environment: {env: {secret: [TOKEN, KEY, ODD], pass: [FLAVOUR]}}
data: {numbers: data/numbers.csv}
steps:
  leak: {use: "steps:leak", inputs: {numbers: data.numbers}, params: {how: none}}
"""
STEPS = """
import json, os, subprocess, sys
from pathlib import Path

NAMES = ("TOKEN", "KEY", "ODD")

def leak(numbers: Path, how):
    secrets = [os.environ[name] for name in NAMES]
    assert all(secrets)
    for secret in secrets:
        if how == "print":
            print("value:", secret)
            print(repr(secret), json.dumps(secret), file=sys.stderr)
            print(secret, end="")
            sys.stdout.flush()
            for sign in secret:
                os.write(2, sign.encode())
            print("x" * 70000 + secret + "y" * 70000)
            print({"nested": [secret]})
        if how == "child":
            subprocess.run(["sh", "-c", "echo $TOKEN; echo \\"$KEY\\"; env >&2"], check=True)
        if how == "exception":
            raise ValueError(f"cannot log in with {secret}")
        if how == "key":
            {}[secret]
        if how == "cause":
            try:
                raise KeyError(secret)
            except KeyError as error:
                raise RuntimeError("wrapped") from error
        if how == "exit":
            sys.exit(secret)
        if how == "return":
            return {"login": [secret]}
        if how == "bytes":
            return ("a" + secret).encode()
        if how == "name":
            Path("made").mkdir()
            Path("made", secret.split("\\n")[0].replace("/", "")).write_text("x")
            return Path("made")
        if how == "file":
            Path("out.txt").write_text("x" * 100000 + secret)
            return Path("out.txt")
        if how == "look":
            for place in (f"~/{secret}", f"data/{secret}"):
                if os.path.exists(os.path.expanduser(place)):
                    return 1
    return len(secrets)
"""
SECRETS = {"TOKEN": VALUE, "KEY": MULTILINE, "ODD": QUOTED}
WRITTEN = [*SECRETS.values(), *MULTILINE.split("\n")[1:3], "wörd-Q7", "w\\u00f6rd-Q7"]


def contents(folder):
    """Yield every file below a folder with its bytes, git's objects and SQLite's texts read out."""
    for path in folder.rglob("*"):
        if not path.is_file() or path.is_symlink():
            continue
        data = path.read_bytes()
        yield path, data
        if re.fullmatch(r"objects/[0-9a-f]{2}/[0-9a-f]{38}", path.relative_to(folder).as_posix()[-49:]):
            yield path, zlib.decompress(data)
        if data.startswith(b"SQLite format 3\0"):
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as base:
                yield path, "\n".join(base.iterdump()).encode()
            base.close()
    for git in folder.rglob("objects/pack"):
        command = ["git", f"--git-dir={git.parents[1]}", "cat-file", "--batch", "--batch-all-objects"]
        yield git, subprocess.run(command, capture_output=True, check=True).stdout


def written(user, *values):
    """Return where any of the values lies in what restrike keeps, or in its cache."""
    cache = user.project.parent / "restrike-cache"
    texts = [value.encode() for value in values]
    found = []
    for folder in (user.project / ".restrike", cache, user.project.parent / "home"):
        found += [(path, text) for path, data in contents(folder) for text in texts if text in data]
    return found


@pytest.fixture
def keeper(user):
    """Return somebody with secrets in their environment."""
    cache = user.project.parent / "restrike-cache"
    user.variables |= {**SECRETS, "RESTRIKE_CACHE": str(cache)}
    user.writes({"restrike.yaml": CONFIG, "steps.py": STEPS, "data/numbers.csv": "1\n"})
    user.git("init", "-q")
    user.git("add", "-A")
    user.git("commit", "-q", "-m", "first")
    return user


def test_the_search_finds_what_is_written(keeper):
    """The other tests are worth something only if a value that is written is found."""
    keeper.writes(
        {
            "planted.py": f"x = {VALUE!r}\n" + "# filler\n" * 200,
            "steps.py": STEPS.replace("NAMES = (", f"# {PASSWORD}\nNAMES = ("),
        }
    )
    keeper.run("--set", f"steps.leak.params.how={TOKEN}")
    assert any(".git" in path.parts for path, _ in written(keeper, VALUE))
    assert any(".git" in path.parts for path, _ in written(keeper, PASSWORD))
    assert written(keeper, TOKEN)


LEAKS = {"print": 0, "exception": 1, "return": 1}
MORE_LEAKS = {"child": 0, "look": 0, "key": 1, "cause": 1, "exit": 1, "bytes": 1, "name": 1, "file": 1}


@pytest.mark.parametrize(
    ("how", "status"), [*LEAKS.items(), *(pytest.param(*leak, marks=pytest.mark.slow) for leak in MORE_LEAKS.items())]
)
def test_a_value_that_a_step_gives_away_is_kept_nowhere(keeper, how, status):
    screen = keeper.types("run", "--set", f"steps.leak.params.how={how}", status=status)
    log = keeper.types("log", "@last").out
    document = keeper.types("--json", "show", "@last")
    again = keeper.types("reproduce", "@last", status=None)
    keeper.types("store", "reindex")
    for shown in (screen.out, screen.err, log, document.out, again.out, again.err):
        assert not [value for value in WRITTEN if value in shown]
    if how == "print":
        assert "value: [secret]" in log
        assert "value: [secret]" in screen.err
    if how in ("return", "bytes", "file", "name"):
        assert document.json["steps"][0]["error"]["type"] == "SecretInOutput"
        assert "hint" in screen.out
    assert written(keeper, *WRITTEN) == []


def test_an_array_of_texts_is_searched_too(keeper, ml_env):
    keeper.variables["VIRTUAL_ENV"] = str(ml_env)
    code = "import os, numpy, pandas\ndef array():\n    return numpy.array([os.environ['TOKEN']])\n"
    code += "def table():\n    return pandas.DataFrame({'x': [os.environ['TOKEN']]})\n"
    keeper.writes({"arrays.py": code})
    for use in ("array", "table"):
        config = CONFIG.split("steps:")[0] + f'steps:\n  leak: {{use: "arrays:{use}"}}\n'
        keeper.writes({"restrike.yaml": config})
        (step,) = keeper.run(status=1)["steps"]
        assert step["error"]["type"] == "SecretInOutput"


@pytest.mark.parametrize("state", ["untracked", "tracked", "dirty", "deleted"])
def test_an_env_file_is_kept_nowhere(keeper, state):
    dotenv = keeper.project / ".env"
    dotenv.write_text(f"API_KEY={DOTENV}\n")
    nested = keeper.project / "service" / ".env.production"
    nested.parent.mkdir()
    nested.write_text(f"PASSWORD={PASSWORD}\n")
    if state != "untracked":
        keeper.git("add", "-f", ".env", "service/.env.production")
        keeper.git("commit", "-q", "-m", "oops")
    if state == "dirty":
        dotenv.write_text(f"API_KEY=changed-{DOTENV}\n")
    if state == "deleted":
        dotenv.unlink()
    keeper.writes({"steps.py": STEPS + "\n# dirty\n"})
    run = keeper.run()
    shown = keeper.types("show", "--patch", "@last").out + keeper.types("--json", "show", "@last").out
    assert DOTENV not in shown
    assert "# dirty" in shown
    keeper.types("reproduce", run["run"])
    assert written(keeper, DOTENV, PASSWORD) == []


def test_the_credentials_of_a_remote_are_kept_nowhere(keeper):
    for name, address in {
        "origin": f"https://ada:{PASSWORD}@git.example.org/ada/p.git",
        "token": f"https://{TOKEN}@git.example.org/ada/p.git",
        "query": f"https://git.example.org/ada/p.git?private_token={TOKEN}",
        "ssh": f"ssh://git:{PASSWORD}@git.example.org:22/p.git",
        "short": f"ada:{PASSWORD}@git.example.org:p.git",
    }.items():
        keeper.git("remote", "add", name, address)
    keeper.git("config", "remote.origin.pushurl", f"https://ada:{PASSWORD}@push.example.org/p.git")
    keeper.git("config", "url.https://" + TOKEN + "@git.example.org/.insteadOf", "gh:")
    keeper.git("remote", "add", "alias", "gh:ada/p.git")
    keeper.run()
    remotes = keeper.types("--json", "show", "@last").json["code"]["remotes"]
    assert remotes["origin"] == "https://git.example.org/ada/p.git"
    assert remotes["ssh"] == "ssh://git@git.example.org:22/p.git"
    keeper.types("reproduce", "@last")
    assert written(keeper, PASSWORD, TOKEN) == []


def test_passed_values_are_part_of_the_recipe_and_secrets_are_not(keeper):
    first = keeper.run(FLAVOUR="sweet")
    again = keeper.run(FLAVOUR="sweet")
    assert again["recipe"] == first["recipe"]
    assert again["steps"][0]["state"] == "reused"
    other = keeper.run(FLAVOUR="sour")
    assert other["recipe"] != first["recipe"]
    assert other["steps"][0]["state"] == "executed"
    assert written(keeper, "sour")
    rotated = keeper.run(FLAVOUR="sour", TOKEN="another-value-9")
    assert rotated["recipe"] == other["recipe"]
    assert keeper.reproduce(first["run"], FLAVOUR="bitter")["verdict"] == "identical"


def test_a_missing_secret_is_no_verdict_but_says_what_to_supply(keeper):
    run = keeper.run()
    kept = dict(keeper.variables)
    del keeper.variables["TOKEN"]
    screen = keeper.types("reproduce", run["run"], status=20).out
    assert "COULD NOT JUDGE" in screen
    assert "'TOKEN'" in screen
    assert "export TOKEN=" in screen
    assert "'TOKEN'" in keeper.types("reproduce", "--plan", run["run"], status=None).out
    told = keeper.reproduce(run["run"], status=20)
    assert told["verdict"] == "could not judge"
    keeper.variables = kept
    assert keeper.reproduce(run["run"])["verdict"] == "identical"
