from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from restrike import training
from restrike.evaluation.errors import ExpressionError
from restrike.pipeline.graph import Step, ordered
from restrike.training import graph


def config(**changes: Any) -> dict[str, Any]:
    return {
        "train_on": "d",
        "features": {"numeric": ["a"]},
        "label": "y",
        "split": {"method": "hash", "fractions": {"train": 0.7, "test": 0.3}, "key": None, "salt": ""},
        "preprocess": {},
        "train": {"use": "m:E", "params": {"C": 1.0}},
    } | changes


EVALUATE: dict[str, Any] = {"metrics": ["accuracy"], "slices": [{"where": "age > 3"}], "on": None}


def built(evaluate: dict[str, Any] | None = EVALUATE, **changes: Any) -> dict[str, Step]:
    return {step.name: step for step in graph.steps(config(**changes), evaluate, {"d": {}})}


def changed(before: dict[str, Step], after: dict[str, Step]) -> set[str]:
    return {name for name in before if before[name].document() != after[name].document()}


def test_the_steps_are_a_pipeline() -> None:
    steps = built()
    assert tuple(steps) == graph.NAMES
    assert [step.name for step in ordered(steps.values(), ["d"])] == list(graph.NAMES)
    assert all(step.builtin for step in steps.values())
    assert steps["load"].params["slice_columns"] == ["age"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"train": {"use": "m:E", "params": {"C": 2.0}}}, {"train"}),
        ({"preprocess": {"numeric": [{"use": "m:T"}]}}, {"train"}),
        ({"threshold": 0.3}, {"predict"}),
        ({"positive": 1}, {"predict"}),
        ({"split": {"method": "hash", "fractions": {"train": 0.6, "test": 0.4}}}, {"split"}),
        ({"features": {"numeric": ["a", "b"]}}, {"load", "train", "predict"}),
    ],
)
def test_an_edit_touches_only_the_steps_that_read_it(changes: dict[str, Any], expected: set[str]) -> None:
    assert changed(built(), built(**changes)) == expected


def test_an_edit_of_the_evaluation_leaves_the_model_alone() -> None:
    assert changed(built(), built(EVALUATE | {"metrics": ["f1"]})) == {"evaluate"}
    assert changed(built(), built(EVALUATE | {"slices": [{"where": "age > 4"}]})) == {"evaluate"}
    assert changed(built(), built(EVALUATE | {"slices": [{"by": "sex"}]})) == {"load", "predict", "evaluate"}
    assert tuple(built(None)) == graph.NAMES[:-1]


def test_seeds_and_inputs_by_method() -> None:
    assert built()["split"].seed == "step"
    drawn = built(split={"method": "stratified", "fractions": {"train": 0.7, "test": 0.3}})["split"]
    assert (drawn.seed, drawn.params["stratify"], drawn.use) == ("run", "y", "restrike.training.split:at_random")
    column = built(split={"method": "column", "column": "use", "parts": None})
    assert column["load"].params["columns"] == ["use"]
    files = built(split={"method": "files", "files": {"train": "old", "test": "new"}})
    assert {name: str(source) for name, source in files["load"].inputs.items()} == {
        "part_train": "data.old",
        "part_test": "data.new",
    }


def test_free_steps_are_evaluated_alone() -> None:
    assert graph.steps(None, None, {}) == ()
    section = {"predictions": "score.scores", "truth": "t", "key": "id", "metrics": ["accuracy"]}
    (step,) = graph.steps(None, section, {})
    assert {name: str(source) for name, source in step.inputs.items()} == {"predictions": "score.scores"}


def test_a_slice_that_cannot_be_read_is_told_at_once() -> None:
    with pytest.raises(ExpressionError, match="ends where a value is expected"):
        built(EVALUATE | {"slices": [{"where": "age >"}]})


def test_nothing_but_the_standard_library_is_imported() -> None:
    source = Path(training.__file__).parents[2]
    program = (
        f"import sys; sys.path.insert(0, {str(source)!r})\n"
        "import pkgutil, importlib, restrike.training, restrike.evaluation\n"
        "for room in (restrike.training, restrike.evaluation):\n"
        "    for module in pkgutil.iter_modules(room.__path__):\n"
        "        importlib.import_module(f'{room.__name__}.{module.name}')\n"
        "names = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(names - set(sys.stdlib_module_names) - {'restrike', '__main__'}))\n"
    )
    output = subprocess.check_output([sys.executable, "-I", "-S", "-c", program], text=True)
    assert output.strip() == "[]"
    assert training.requirements() == ("numpy", "pandas", "pyarrow", "scikit-learn")
