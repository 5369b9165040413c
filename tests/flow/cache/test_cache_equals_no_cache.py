"""Any small pipeline, any edits of it, in any order: with the cache it gives what it gives without."""

import json
import shutil
import tempfile
from pathlib import Path

import judging
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

NAMES = ("a", "b", "c", "d", "e", "f")
BODIES = (
    "sum(given) + {number}",
    "max([{number}, *given])",
    "{number} - len(given) * SHARED",
    "near({number}) + far(given)",
)
MODULE = """from shared import SHARED, far


def near(x):
    return x * {near}


def {name}({arguments}):
    given = [{values}]
    return {body}
"""


@st.composite
def pipelines(draw):
    """Draw two to six steps, each a module of its own, that take each other's outputs, parameters and data."""
    steps = {}
    for index, name in enumerate(NAMES[: draw(st.integers(2, 6))]):
        sources = draw(st.lists(st.sampled_from([*NAMES[:index], "data"]), max_size=3, unique=True))
        steps[name] = {
            "sources": sources,
            "parameter": draw(st.none() | st.integers(0, 3)),
            "number": draw(st.integers(0, 9)),
            "near": draw(st.integers(1, 3)),
            "body": draw(st.sampled_from(BODIES)),
            "remark": "",
        }
    return {"steps": steps, "shared": 2, "far": "sum(values)", "data": draw(st.integers(0, 9)), "seed": 1}


STEP_EDITS = st.one_of(
    st.tuples(st.just("number"), st.integers(0, 9)),
    st.tuples(st.just("near"), st.integers(1, 3)),
    st.tuples(st.just("parameter"), st.none() | st.integers(0, 3)),
    st.tuples(st.just("body"), st.sampled_from(BODIES)),
    st.tuples(st.just("remark"), st.sampled_from(["", "# one\n", "# two\n"])),
    st.tuples(st.just("sources"), st.lists(st.sampled_from(["data", "a", "b"]), max_size=2, unique=True)),
)
EDITS = st.one_of(
    st.tuples(st.sampled_from(NAMES), STEP_EDITS),
    st.tuples(st.just("data"), st.integers(0, 9)),
    st.tuples(st.just("shared"), st.integers(1, 3)),
    st.tuples(st.just("far"), st.sampled_from(["sum(values)", "len(values)", "sum(values) % 7"])),
    st.tuples(st.just("seed"), st.integers(1, 2)),
)


def edited(pipeline, edit):
    """Return a pipeline after an edit; one of a step that is not there, or of later steps' outputs, changes nothing."""
    what, change = edit
    if what not in NAMES:
        return pipeline | {what: change}
    if what not in pipeline["steps"]:
        return pipeline
    key, value = change
    if key == "sources":
        value = [name for name in value if name == "data" or name < what]
    return pipeline | {"steps": pipeline["steps"] | {what: pipeline["steps"][what] | {key: value}}}


def write(pipeline, folder):
    """Write a pipeline's project into a folder."""
    declared = {}
    for name, step in pipeline["steps"].items():
        inputs = {f"from_{source}": "data.rows" if source == "data" else source for source in step["sources"]}
        params = {} if step["parameter"] is None else {"parameter": step["parameter"]}
        declared[name] = {"use": f"step_{name}:{name}", "inputs": inputs, "params": params}
        values = [f"int({each}.read_text())" if each == "from_data" else each for each in inputs]
        text = (
            MODULE.format(
                name=name,
                near=step["near"],
                arguments=", ".join([*inputs, *params]),
                values=", ".join([*values, *params]),
                body=step["body"].format(number=step["number"]),
            )
            .replace("from_data,", "from_data: Path,")
            .replace("from_data)", "from_data: Path)")
        )
        (folder / f"step_{name}.py").write_text(f"from pathlib import Path\n\n{step['remark']}{text}")
    shared = f"SHARED = {pipeline['shared']}\n\n\ndef far(values):\n    return {pipeline['far']}\n"
    (folder / "shared.py").write_text(shared)
    (folder / "rows.txt").write_text(f"{pipeline['data']}\n")
    content = {"restrike": 1, "seed": pipeline["seed"], "data": {"rows": "rows.txt"}, "steps": declared}
    (folder / "restrike.yaml").write_text(json.dumps(content))


@pytest.mark.parametrize(
    "examples",
    [pytest.param(5, id="few"), pytest.param(120, id="many", marks=[pytest.mark.long, pytest.mark.timeout(1800)])],
)
def test_results_with_the_cache_are_results_without(examples, tmp_path, variables):
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=examples < 10,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(pipelines(), st.lists(EDITS, min_size=1, max_size=5))
    def hold(pipeline, changes):
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        places = [judging.Place(folder / name, variables) for name in ("kept", "full")]
        for place in places:
            place.project.mkdir()
        for change in [None, *changes]:
            pipeline = edited(pipeline, change) if change else pipeline
            for place in places:
                write(pipeline, place.project)
            cached, full = places[0].run(reuse=True), places[1].run(reuse=False)
            assert cached.outcomes == full.outcomes
            assert cached.status == full.status == "finished"
        shutil.rmtree(folder)

    hold()
