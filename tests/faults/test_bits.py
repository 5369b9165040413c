"""One flipped bit in anything that is stored: found, named, refused, never handed out, and mended by the next run."""

import json

import pytest

# For each file: what check says, what becomes of reproduce and of every artifact, and of a run, as one line of JSON.
# It works on the store in place, and puts it back from a copy after each file.
LOOK = """
import hashlib, json, pathlib, shutil, sys
from restrike import api
from restrike.base.errors import RestrikeError

root, kept = pathlib.Path(".restrike"), pathlib.Path("../kept")
run, paths = sys.argv[1], [pathlib.Path(word) for word in sys.argv[2:]]
shutil.copytree(root, kept)

def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.chmod(0o644)
    path.write_bytes(data)

def attempt(action):
    try:
        return action()
    except RestrikeError as error:
        return {"code": error.code, "what": error.what, "hint": error.hint}

def get(name, target=pathlib.Path("../got")):
    target.unlink(missing_ok=True)
    api.get(run + ":" + name, target)
    return {"bytes": hashlib.sha256(target.read_bytes()).hexdigest()}

for path in paths:
    flip(path)
    told = {"path": str(path), "check": api.store_check()}
    told["got"] = {name: attempt(lambda: get(name)) for name in ("double", "total")}
    told["reproduce"] = attempt(lambda: api.reproduce(run))
    shutil.rmtree(root)
    shutil.copytree(kept, root)
    flip(path)
    api.store_check()
    told["run"] = attempt(api.run)
    told["left"] = sorted(problem["path"] for problem in api.store_check()["problems"])
    if "run" in told["run"]:
        told["again"] = attempt(lambda: api.reproduce(told["run"]["run"]))
    shutil.rmtree(root)
    shutil.copytree(kept, root)
    print(json.dumps(told), flush=True)
"""


@pytest.fixture
def made(small):
    small.types("data", "add", "data/numbers.csv")
    first = small.run()
    small.reproduce(first["run"])
    return first


def judge(told, run, needed):
    """Assert what must hold whichever file is hurt. `needed` tells whether a reproduction rests on it."""
    path = told["path"]
    named = [problem for problem in told["check"]["problems"] if run["run"] in problem["runs"]]
    assert named, f"{path}: check does not name the run: {told['check']}"
    sound = {step["name"]: step["outputs"]["output"]["digest"] for step in run["steps"]}
    for name, got in told["got"].items():
        assert got.get("bytes") in (None, sound[name]), f"{path}: get handed out wrong bytes"
        assert got.get("bytes") or (got["code"] in ("R503", "R505") and got["hint"]), f"{path}: {got}"
    verdict = told["reproduce"]
    if needed:
        assert verdict.get("verdict", "could not judge") == "could not judge", f"{path}: {verdict}"
        refused = verdict["missing"][0] if "missing" in verdict else verdict
        assert refused["what"], verdict
        assert refused["hint"].startswith("restrike store check"), verdict
    else:
        assert verdict["verdict"] == "identical", f"{path}: {verdict}"
    again = told["run"]
    assert again.get("status") == "finished", f"{path}: {again}"
    assert again["result"] == run["result"]
    assert told["again"]["verdict"] == "identical", f"{path}: {told['again']}"


def looked_at(user, store, scripted, run, files):
    words = [path.relative_to(user.project) for path in files]
    return scripted(user, LOOK, run["run"], *words)


def test_a_flipped_bit_in_what_a_run_names(small, store, made, scripted):
    [opening] = store.of_format("opening").values()
    objects = {opening[name] for name in ("recipe", "code", "config", "environment", "lock", "patch")} - {None}
    recipe = json.loads(store.object(opening["recipe"]).read_bytes())
    objects |= {opening["data"]["numbers"], recipe["engine"]}
    objects |= {out["digest"] for step in made["steps"] for out in step["outputs"].values()}
    files = [store.object(digest) for digest in sorted(objects)]
    for told in looked_at(small, store, scripted, made, files):
        judge(told, made, needed=True)


@pytest.mark.parametrize("format", ["opening", "step", "closing", "verdict", "dataset"])
def test_a_flipped_bit_in_a_record(small, store, made, scripted, format):
    files = list(store.of_format(format))[:1]
    for told in looked_at(small, store, scripted, made, files):
        judge(told, made, needed=format in ("opening", "step", "closing"))


def test_a_flipped_bit_in_the_code(small, store, made, scripted):
    files = [path for path in store.files(".git/objects") if len(path.name) == 38]
    assert len(files) == 3  # commit, tree and the one file
    for told in looked_at(small, store, scripted, made, files):
        judge(told, made, needed=True)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_flipped_bit_in_any_object(small, store, made, scripted):
    for told in looked_at(
        small, store, scripted, made, [path for path in store.files("objects") if path.stat().st_size]
    ):
        judge(told, made, needed=True)


def test_large_artifacts_and_folders(user, store_of, flip):
    """What is remembered as sound is not believed once it was touched."""
    user.writes({"restrike.yaml": LARGE, "steps.py": JOIN})
    for number in range(3):
        user.writes({f"data/{number}": f"{number}" * 400_000})
    run = user.run()
    digest = run["steps"][0]["outputs"]["output"]["digest"]
    user.types("get", "@last:large", "-o", "../whole")
    flip(store_of(user).object(digest))
    answer = user.types("get", "@last:large", "-o", "../other", status=1)
    assert f"error[R503]: object '{digest}' is damaged" in answer.err
    assert not (user.project.parent / "other").exists()
    assert user.reproduce(status=20)["missing"][0]["code"] == "R503"
    again = user.types("run")
    assert "the artifact 'output' is damaged in the store; the step is executed again" in again.err
    assert user.types("--json", "store", "check").json["ok"]
    assert user.reproduce(run["run"])["verdict"] == "identical"


LARGE = """
restrike: 1
name: large
data: {folder: data}
steps:
  large: {use: "steps:large", inputs: {folder: data.folder}}
"""

JOIN = """
def large(folder):
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
"""
