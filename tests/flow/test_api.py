"""The Python API does what the commands do."""

import subprocess
import sys

import pytest

SCRIPT = """
import json
import restrike
from restrike.base.errors import RestrikeError

project = restrike.open_project(".")
run = restrike.run()
again = project.run(overrides=["steps.total.params.offset=5"])
verdict = restrike.reproduce(run["run"])
try:
    project.show("nothing")
except RestrikeError as error:
    refused = error.code
print(json.dumps({
    "status": run["status"],
    "value": restrike.load(f"{run['run'][:12]}:total"),
    "changed": project.load(f"{again['run']}:total"),
    "verdict": verdict["verdict"],
    "runs": project.runs()["total"],
    "changed_keys": [entry["key"] for entry in project.diff(run["run"], "@last")["config"]["keys"]],
    "refused": refused,
}))
"""


@pytest.fixture
def answer(small):
    import json

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        cwd=small.project,
        env=small.variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_functions_do_what_the_commands_do(answer):
    assert answer == {
        "status": "finished",
        "value": {"sum": 13},
        "changed": {"sum": 17},
        "verdict": "identical",
        "runs": 2,
        "changed_keys": ["steps.total.params.offset"],
        "refused": "R702",
    }


def test_a_step_stays_a_plain_function():
    from restrike import step

    @step
    def double(x: int) -> int:
        return 2 * x

    @step(outputs=["a", "b"])
    def both(x: int) -> tuple[int, int]:
        return x, -x

    assert double(4) == 8
    assert double.__name__ == "double"
    assert both(3) == (3, -3)


def test_an_unknown_name_is_an_attribute_error():
    import restrike

    with pytest.raises(AttributeError, match="no attribute 'pipelines'"):
        restrike.pipelines  # noqa: B018  # looking it up is the test
