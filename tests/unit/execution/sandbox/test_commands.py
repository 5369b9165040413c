"""Command steps: unmodified programs, their outputs and their failures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from restrike.execution.sandbox import Mount


def error(outcome: Any) -> dict[str, Any]:
    assert outcome.state == "failed"
    return dict(outcome.result["error"])


def test_a_script_finds_its_data_and_leaves_its_outputs(bench: Any, tmp_path: Path) -> None:
    data = tmp_path / "rows.csv"
    data.write_text("1\n2\n")
    bench.write(
        "train.py",
        """
        import json, os, sys
        total = sum(int(line) for line in open("data/rows.csv"))
        json.dump({"total": total}, open("metrics.json", "w"))
        os.makedirs("out/deep"); open("out/deep/model.bin", "wb").write(b"m")
        print(sys.argv[1], sys.executable, os.environ["RESTRIKE_SEED"])
        """,
    )
    declared = [
        {"name": "scores", "path": "metrics.json", "kind": "metrics"},
        {"name": "model", "path": "out/deep/model.bin"},
    ]
    outcome = bench.command(
        "python", "train.py", "a b", declared=declared, mounts=[Mount(data, "/project/data/rows.csv")]
    )
    assert bench.value(outcome, "scores") == {"total": 3}
    assert (bench.outputs / "model").read_bytes() == b"m"
    assert bench.printed() == b"a b /env/bin/python 7\n"
    assert outcome.result["outputs"]["model"]["path"] == "model"


def test_arguments_reach_no_shell_unless_one_is_asked_for(bench: Any) -> None:
    assert bench.command("echo", "$HOME;ls").state == "ok"
    assert bench.printed() == b"$HOME;ls\n"
    outcome = bench.sandbox.execute(bench.work({"command": "echo $HOME && exit 3", "shell": True, "outputs": []}))
    assert error(outcome)["message"] == "'/bin/sh' ended with exit status 3"
    assert b"/home/restrike" in bench.printed()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["absent-program"], "program 'absent-program' is neither in the environment nor in the system"),
        (["./plain.sh"], "'./plain.sh' is not executable"),
        (["sh", "-c", "kill -9 $$"], "'sh' was ended by SIGKILL"),
        (["false"], "'false' ended with exit status 1"),
    ],
)
def test_a_command_that_fails_says_how(bench: Any, command: list[str], message: str) -> None:
    bench.write("plain.sh", "true")
    assert error(bench.command(*command))["message"] == message


def test_an_output_that_was_not_left_is_told(bench: Any) -> None:
    outcome = bench.command(
        "sh", "-c", "mkdir out; touch out/scroes.csv", declared=[{"name": "scores", "path": "out/scores.csv"}]
    )
    assert error(outcome)["message"].endswith(
        "left no 'out/scores.csv', its output 'scores'; its folder holds: scroes.csv"
    )


@pytest.mark.parametrize("text", ["{", "[1]", '{"a": "b"}', '{"a": true}', '{"a": {"b": 1}}'])
def test_metrics_must_be_numbers_by_name(bench: Any, text: str) -> None:
    bench.write("m.json", text)
    told = error(bench.command("true", declared=[{"name": "m", "path": "m.json", "kind": "metrics"}]))
    assert told["origin"] == "declaration"
    assert "'m" in told["message"]


def test_python_inside_a_command_is_traced(bench: Any) -> None:
    bench.write("look.py", "import os\nprint(os.path.exists('gone.csv'))\n")
    outcome = bench.command("python", "look.py")
    seen = {item.path: item for item in outcome.lookups}
    assert not seen["/project/gone.csv"].found
    assert seen["/project/look.py"].found
