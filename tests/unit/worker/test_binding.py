"""From a declaration to a call, and from what comes back to outputs: every disagreement is a clear error."""

from __future__ import annotations

import sys
import textwrap
import types
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from restrike.pipeline.declare import step
from restrike.worker import binding
from restrike.worker.failure import StepError


def call(
    function: Any, inputs: dict[str, Any] | None = None, params: dict[str, Any] | None = None, seed: int = 5
) -> Any:
    wanted: dict[str, Any] = {}

    def reader(name: str, value: Any) -> Any:
        return lambda want: wanted.__setitem__(name, want) or value

    readers = {name: reader(name, value) for name, value in (inputs or {}).items()}
    positional, named = binding.arguments(function, "m:f", readers, params or {}, seed)
    return function(*positional, **named), wanted


def test_arguments_are_bound_by_name_and_read_by_annotation() -> None:
    def f(a: Path, /, b: dict[str, int] | None, *, c: int = 3, d: Any = None) -> Any:
        return a, b, c, d

    found, wanted = call(f, {"a": 1, "b": 2, "d": 4})
    assert found == (1, 2, 3, 4)
    assert wanted == {"a": Path, "b": dict, "d": None}


@pytest.mark.parametrize("name", ["seed", "random_state"])
def test_a_seed_is_given_where_one_is_taken_and_none_was_set(name: str) -> None:
    scope: dict[str, Any] = {}
    exec(f"def f({name}=None): return {name}", scope)
    assert call(scope["f"])[0] == 5
    assert call(scope["f"], params={name: 1})[0] == 1
    assert call(scope["f"], params={name: None})[0] is None


def test_whatever_is_taken_may_be_given() -> None:
    def f(**anything: Any) -> Any:
        return anything

    assert call(f, {"a": 1}, {"b": 2})[0] == {"a": 1, "b": 2}
    assert call(dict, {"a": 1}, {"b": 2})[0] == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("inputs", "params", "message"),
    [
        ({"x": 1, "docs": 1}, {}, "function 'm:f' takes no input 'docs' (it takes: x, y)"),
        ({"x": 1}, {"yy": 1}, "function 'm:f' takes no parameter 'yy'; did you mean 'y'? (it takes: x, y)"),
        ({}, {"y": 1}, "function 'm:f' needs 'x', which is neither an input nor a parameter of the step"),
    ],
)
def test_a_disagreement_names_function_and_argument(inputs: Any, params: Any, message: str) -> None:
    def f(x: int, y: int = 2) -> None: ...

    with pytest.raises(StepError) as caught:
        call(f, inputs, params)
    assert str(caught.value) == message


def test_annotations_only_a_type_checker_sees_are_understood_or_left() -> None:
    text = """
    from __future__ import annotations
    from typing import TYPE_CHECKING, Annotated
    if TYPE_CHECKING:
        import pyarrow as pa
        from nowhere import Thing
    def f(table: pa.Table, thing: Thing, path: Path, marked: Annotated[list[int], "x"], either: int | str): ...
    from pathlib import Path
    """
    module = types.ModuleType("m")
    sys.modules["m"] = module
    try:
        exec(textwrap.dedent(text), module.__dict__)
        wants = binding.wanted_types(module.f)
    finally:
        del sys.modules["m"]
    pyarrow = pytest.importorskip("pyarrow")
    assert wants == {"table": pyarrow.Table, "path": Path, "marked": list}


Pair = namedtuple("Pair", "a b")


@pytest.mark.parametrize("value", [(1, 2), [1, 2], {"b": 2, "a": 1}, Pair(1, 2)])
def test_several_outputs_come_as_tuple_or_mapping(value: Any) -> None:
    assert binding.outputs(value, ["a", "b"], "m:f", test_several_outputs_come_as_tuple_or_mapping) == {"a": 1, "b": 2}


@pytest.mark.parametrize("value", [(1, 2), {"output": 1}, None, [1]])
def test_one_output_is_the_value_as_it_is(value: Any) -> None:
    assert binding.outputs(value, ["output"], "m:f", call) == {"output": value}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ((1,), "returned 1 values for 2 outputs (a, b)"),
        (None, "returned a NoneType for 2 outputs (a, b)"),
        ("ab", "returned a str for 2 outputs (a, b)"),
        ({"a": 1, "c": 2}, "'b' is missing and 'c' is not declared"),
    ],
)
def test_outputs_that_are_not_as_declared_are_told(value: Any, message: str) -> None:
    with pytest.raises(StepError) as caught:
        binding.outputs(value, ["a", "b"], "m:f", call)
    assert message in str(caught.value)


def test_outputs_declared_in_code_alone_are_pointed_at() -> None:
    @step(outputs=["model", "curve"])
    def f() -> Any: ...

    with pytest.raises(StepError) as caught:
        binding.outputs((1, 2), ["output"], "m:f", f)
    assert caught.value.hint == "outputs: [model, curve]"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ("absent_here:f", "there is no module 'absent_here'"),
        ("bound_steps.inner:f", "there is no module 'bound_steps.inner'"),
        ("bound_steps:g", "module 'bound_steps' has no 'g'; it has: f"),
        ("bound_steps:VALUE", "'bound_steps:VALUE' is a int, not a function"),
        ("select:f", "module 'select' of the project has the name of one that Python had already loaded"),
    ],
)
def test_what_cannot_be_imported_is_told(project: Path, use: str, message: str) -> None:
    (project / "bound_steps.py").write_text("VALUE = 1\ndef f(): ...\n")
    (project / "select.py").write_text("def f(): ...\n")
    with pytest.raises(StepError) as caught:
        binding.function_of(use, [str(project)])
    assert message in str(caught.value)
    sys.modules.pop("bound_steps", None)


def test_a_failing_import_inside_the_module_is_not_ours_to_explain(project: Path) -> None:
    (project / "bound_inner.py").write_text("import absent_package\n")
    with pytest.raises(ModuleNotFoundError):
        binding.function_of("bound_inner:f", [str(project)])


def test_data_that_a_function_has_no_parameter_for_is_left_in_place() -> None:
    def f(rows: object, offset: int = 0, **more: object) -> None: ...
    def g(rows: object, patients: object = None) -> None: ...

    assert binding.left_in_place(f, "m:f", ["rows", "other"], []) == []
    assert binding.left_in_place(g, "m:g", ["rows", "other"], []) == ["other"]
    with pytest.raises(StepError, match="did you mean 'patients'"):
        binding.left_in_place(g, "m:g", ["rows", "patient"], [])
