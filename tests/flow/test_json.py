"""What `--json` prints: one document on standard output, as its schema says, however a command ends."""

import functools
import json
from pathlib import Path

import jsonschema
import pytest

SCHEMAS = Path(__file__).parents[2] / "docs" / "reference"
NAMES = {path.name.removesuffix(".schema.json") for path in SCHEMAS.glob("*.schema.json")} - {"restrike"}


def strict(schema):
    """Return a schema that refuses keys it does not describe: here they would be an omission."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    shown = {key: strict(value) for key, value in schema.items()}
    return {"additionalProperties": False} | shown if isinstance(shown.get("properties"), dict) else shown


@functools.cache
def validator(name):
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(strict(schema))


class Asked:
    """Asks a user's commands for JSON, holds each answer against its schema and remembers which were used."""

    def __init__(self, user):
        self.user, self.used = user, set()

    def __call__(self, schema, *words, status=0):
        answer = self.user.types("--json", *words, status=status)
        problems = [f"{item.json_path}: {item.message[:300]}" for item in validator(schema).iter_errors(answer.json)]
        assert problems == [], words
        self.used.add(schema)
        return answer.json


@pytest.mark.slow
def test_every_document_of_a_trained_project_is_as_its_schema_says(example):
    user = example("diabetes")
    asked = Asked(user)
    asked("init", "init")
    first = asked("run", "run")
    asked("alias", "alias", "champion", "@last")
    asked("run", "run", "--set", "train.params.C=0.01")
    asked("run", "run", "--set", "gates.0.min=0.99", status=3)
    asked("runs", "runs")
    asked("reproduce", "reproduce", "champion", "--env", "current")
    asked("reproduce-plan", "reproduce", "--plan")
    asked("check", "check", "champion", "--quick", "--on", "split", "--env", "current")
    assert asked("show", "show", "champion")["verdicts"][0]["verdict"] == "identical"
    asked("log", "log")
    assert len(asked("why", "why")["steps"]) == len(first["steps"])
    assert asked("why", "why", "train", "@last~1")["steps"][0]["changes"][0]["new"] == "0.01"
    asked("diff", "diff", "champion", "@last")
    asked("get", "get", "champion:train.model", "-o", "model.pkl")
    with (user.project / "data/pima-indians-diabetes.csv").open("a") as stream:
        stream.write("\n1,85,66,29,0,26.6,0.351,31,0\n")
    assert asked("data-verify", "data", "verify", status=1)["ok"] is False
    asked("data-add", "data", "add", "data/pima-indians-diabetes.csv")
    asked("data-log", "data", "log", "patients")
    asked("data-users", "data", "users", "patients")
    asked("data-checkout", "data", "checkout", "patients", first["seal"]["data"]["patients"], "-o", "old.csv")
    asked("run", "run")
    asked("diff", "diff", "champion", "@last")
    asked("env-show", "env", "show")
    asked("env-show", "env", "show", "@last")
    asked("env-lock", "env", "lock")
    asked("env-rebuild", "env", "rebuild")
    asked("store-check", "store", "check")
    asked("store-reindex", "store", "reindex")
    asked("store-gc", "store", "gc", "--dry-run")
    asked("error", "show", "zzzzzzzz", status=2)
    assert asked.used == NAMES


UNSEEDED = """
import random

def double(numbers):
    print("dice")
    return random.SystemRandom().random()

def total(doubled, offset):
    raise ValueError("no total today")
"""


def test_so_are_those_of_failures_differences_and_damage(small):
    asked = Asked(small)
    asked("run", "run")
    small.writes({"steps.py": UNSEEDED})
    failed = asked("run", "run", status=1)
    assert failed["steps"][1]["error"]["message"] == "no total today"
    assert [line["text"] for line in asked("log", "log")] == ["dice\n"]
    assert asked("reproduce", "reproduce", status=11)["divergence"]["step"] == "double"
    assert asked("check", "check", "--quick", status=11)["flinches"][0]["step"] == "double"
    asked("show", "show")
    assert asked("why", "why", "double")["steps"][0]["changes"]
    asked("runs", "runs")
    asked("diff", "diff")
    stored = next(path for path in (small.project / ".restrike" / "objects").glob("*/*") if path.stat().st_size)
    stored.chmod(0o644)
    stored.write_bytes(b"x" + stored.read_bytes()[1:] + b"x")
    assert asked("store-check", "store", "check", status=1)["ok"] is False


REFUSED = """
import os, time

def double(numbers):
    os.cpu_count(), time.time(), open("/proc/meminfo").read()
    return os.path.exists("kept/from.git")

def total(doubled, offset):
    return offset
"""


def test_so_are_those_of_findings_and_refusals(small):
    asked = Asked(small)
    small.writes({"steps.py": REFUSED, ".gitignore": "kept\n", "kept/from.git": ""})
    refused = asked("run", "run", status=1)
    assert refused["steps"][0]["error"]["type"] == "Undeclared"
    asked("show", "show")
    warned = asked("run", "run", "--set", "seal=warn")
    assert {item["severity"] for item in warned["findings"]} == {"undeclared", "nondeterministic", "unsealed"}
    assert len(warned["seal"]["gaps"]) == 2
    asked("show", "show")


@pytest.mark.parametrize(
    "words",
    [("rnu",), ("run", "--workers", "0"), ("run", "--set", "seed=x"), ("get",), ("--project", "/nonexistent", "runs")],
)
def test_mistakes_are_one_document_too(small, words):
    answer = small.types("--json", *words, status=2)
    assert list(validator("error").iter_errors(answer.json)) == []
    assert answer.err == ""
