"""Lines that may be why a step minds a variation: the planted one, nearest first, and not its innocent twin."""

import textwrap

import pytest

from restrike.pipeline.graph import Step
from restrike.verification.suspects import suspects

CASES = {
    "hash seed": [
        ("return list(set(names))", "return sorted(set(names))"),
        ("return [n for n in {a, b}]", "return len({a, b})"),
        ("return ', '.join({n for n in names})", "return a in {n for n in names}"),
        ("return hash(a)", "return a"),
    ],
    "listing order": [
        ("return list(a.iterdir())", "return sorted(a.iterdir())"),
        ("return os.listdir(a)", "return max(os.listdir(a))"),
        ("return [p for p in a.rglob('*.txt')]", "return sum(1 for p in a.rglob('*'))"),
    ],
    "working directory": [("return __file__", "return a"), ("return os.getcwd()", "return a.name")],
    "global generators": [("return np.random.normal()", "return np.linalg.norm(a)")],
    "cores": [("return os.cpu_count()", "return a.count()")],
    "threads": [("return os.environ['OMP_NUM_THREADS']", "return a"), ("return fit(n_jobs=-1)", "return fit(a)")],
    "time zone": [("return datetime.fromtimestamp(a)", "return a")],
    "memory": [("return numpy.empty(3)", "return numpy.zeros(3)")],
}


def step(use="steps:make"):
    return Step(name="s", use=use)


@pytest.mark.parametrize(
    ("variation", "guilty", "innocent"), [(name, *pair) for name, pairs in CASES.items() for pair in pairs]
)
def test_the_guilty_line_is_found_and_its_twin_is_not(tmp_path, variation, guilty, innocent):
    source = "import os\n\ndef make(a, b, names):\n    {line}\n"
    (tmp_path / "steps.py").write_text(source.format(line=guilty))
    (found,) = suspects(variation, step(), {}, tmp_path)
    assert (found.file, found.line, found.function, found.text) == ("steps.py", 4, "make", guilty)
    (tmp_path / "steps.py").write_text(source.format(line=innocent))
    assert suspects(variation, step(), {}, tmp_path) == []


def test_the_own_function_comes_before_others_and_the_own_module_before_what_it_loads(tmp_path):
    (tmp_path / "steps.py").write_text(
        textwrap.dedent(
            """
            import helper

            def other():
                return list({1, 2})

            def make():
                return list({3, 4})
            """
        )
    )
    (tmp_path / "helper.py").write_text("def order(names):\n    return list(set(names))\n")
    record = {"depends": {"code": {"modules": ["helper.py", "steps.py"]}}}
    assert [item.line for item in suspects("hash seed", step(), record, tmp_path)] == [8]
    assert [item.line for item in suspects("hash seed", step("steps:third"), record, tmp_path)] == [5, 8]
    (tmp_path / "steps.py").write_text("import helper\n\ndef make():\n    return helper.order('ab')\n")
    (found,) = suspects("hash seed", step(), record, tmp_path)
    assert (found.file, found.function) == ("helper.py", "order")


def test_what_cannot_be_read_has_no_suspects(tmp_path):
    (tmp_path / "steps.py").write_text("def make(:\n")
    assert suspects("hash seed", step(), {}, tmp_path) == []
    assert suspects("hash seed", step("gone:make"), {"depends": None}, tmp_path) == []
    assert suspects("BLAS kernel", step(), {}, tmp_path) == []


def test_a_script_of_a_command_is_read_too(tmp_path):
    (tmp_path / "draw.py").write_text("import random\nprint(random.random())\n")
    command = Step(name="s", command=("python", "draw.py", "{outputs.report}"))
    (found,) = suspects("global generators", command, {}, tmp_path)
    assert (found.file, found.line, found.function) == ("draw.py", 2, "")
