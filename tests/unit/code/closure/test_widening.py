"""When a module counts whole, and the sentence that tells a person why: "counts whole, as it ..."."""

from __future__ import annotations

import pytest

from restrike.code.closure import Observed, closure, module_closure


class Files:
    def __init__(self, files):
        self.data = {path: text.encode() for path, text in files.items()}
        self.files = {path: f"digest of {text}" for path, text in files.items()}

    def read(self, path):
        return self.data[path]


def widened(files, observed=None):
    return dict(closure(Files(files), "steps:step", ["."], observed or Observed()).widened)


OTHER = {"other.py": "VALUE = 1\n"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return globals()['x']", "reads globals() at line 2"),
        ("return vars()", "reads vars() at line 2"),
        ("return eval('1')", "may be used by steps.py, which calls eval() at line 2"),
        ("import sys\n    return sys.modules", "may be used by steps.py, which reads sys.modules at line 3"),
        (
            "import pickle\n    return pickle.load(x)",
            "may be used by steps.py, which loads objects by pickle.load at line 3",
        ),
        ("return x.__globals__", "may be used by steps.py, which reads __globals__ at line 2"),
        (
            "import warnings\n    with warnings.catch_warnings(record=True) as told:\n        return told[0].args",
            "may be read by steps.py, which keeps warnings, which tell lines, at line 3",
        ),
        ("return told[0].lineno", "may be read by steps.py, which reads lineno at line 2"),
        (
            "import logging\n    logging.basicConfig(format='%(lineno)d')",
            "may be read by steps.py, which logs lines at line 3",
        ),
        ("return df.query(x)", "puts a computed text to query() or eval() at line 2"),
    ],
)
def test_the_step_that_cannot_be_followed_says_why(body, said):
    assert widened({"steps.py": f"def step(x, df):\n    {body}\n"})["steps.py"] == said


@pytest.mark.parametrize(
    "body",
    [
        "return model.eval()",
        "return df.query('a > 1')",
        "import inspect\n    return inspect.signature(step)",
        "import pickle\n    return pickle.dumps(1)",
        "import numpy\n    return numpy.load('a.npy', allow_pickle=False)",
        "import importlib.metadata\n    return importlib.metadata.version('numpy')",
        "return compile()",
        "import warnings\n    with warnings.catch_warnings():\n        warnings.simplefilter('ignore')",
        "return getattr(model, 'x')",
        "import other\n    return other.VALUE",
        "import importlib\n    return importlib.import_module('numpy')",
    ],
)
def test_what_is_harmless_widens_nothing(body):
    source = f"def compile():\n    return 1\n\n\ndef step(model, df):\n    {body}\n"
    assert widened({"steps.py": source, **OTHER}) == {}


def test_a_feature_reaches_the_modules_that_were_observed_or_else_the_tree():
    files = {"steps.py": "def step():\n    return eval('1')\n", **OTHER, "third.py": "X = 1\n"}
    assert set(widened(files)) == {"steps.py", "other.py", "third.py"}
    seen = Observed(modules=frozenset({"steps.py", "other.py"}))
    assert set(widened(files, observed=seen)) == {"steps.py", "other.py"}


def test_a_feature_that_is_not_reached_keeps_its_own_module_whole_and_no_other():
    files = {
        "steps.py": "import other\n\n\ndef step():\n    return other.VALUE\n\n\ndef f():\n    return eval('1')\n",
        **OTHER,
    }
    assert widened(files) == {"steps.py": "calls eval() at line 9"}


def test_modules_used_as_values_and_what_they_hold_count_whole():
    files = {
        "steps.py": "import pkg\n\n\ndef step(name):\n    return getattr(pkg, name).run()\n",
        "pkg/__init__.py": "from . import one\n",
        "pkg/one.py": "import deep\n\n\ndef run(): ...\n",
        "deep.py": "",
        "pkg/two.py": "",
    }
    assert widened(files) == {
        "pkg/__init__.py": "is used as a value by steps.py at line 5",
        "pkg/one.py": "is used as a value by steps.py at line 5",
        "deep.py": "is imported by pkg/one.py, which is used as a value by steps.py at line 5",
    }


def test_what_was_observed_beyond_reading_counts_whole():
    files = {"steps.py": "def step():\n    return 1\n", **OTHER, "plug.py": "", "text.py": "# says\nX = 1\n"}
    observed = Observed(
        frozenset({"steps.py", "other.py", "gone.py"}), frozenset({"plug", "numpy"}), frozenset({"text.py"})
    )
    assert widened(files, observed=observed) == {
        "other.py": "was imported in a way that reading does not show",
        "plug.py": "was asked for by name from outside the project",
        "text.py": "was read as text",
    }


def test_a_file_that_cannot_be_parsed_counts_by_its_bytes():
    told = widened({"steps.py": "import other\n\n\ndef step(): ...\n", "other.py": "def (:\n"})
    assert told["other.py"] == "cannot be parsed: invalid syntax (line 1)"


def test_a_step_that_is_not_of_the_project_has_no_code_but_what_was_observed():
    tree = Files({"parts.py": "X = 1\n"})
    assert closure(tree, "sklearn.svm:SVC", ["."], Observed()).parts == {}
    assert list(closure(tree, "sklearn.svm:SVC", ["."], Observed(frozenset({"parts.py"}))).parts) == [
        "parts.py (whole)"
    ]


def test_a_command_depends_on_the_modules_it_was_seen_to_import():
    files = {"score.py": "import other\nprint(other.VALUE)\n", **OTHER, "third.py": ""}
    observed = Observed(modules=frozenset({"score.py", "other.py"}))
    before = module_closure(Files(files), ["."], observed).parts
    assert set(before) == {"score.py (whole)", "score.py (imports)", "other.py (whole)"}
    shadowed = module_closure(Files({**files, "other/__init__.py": ""}), ["."], observed).parts
    assert shadowed["score.py (imports)"] != before["score.py (imports)"]
    assert module_closure(Files({**files, "third.py": "X = 1"}), ["."], observed).parts == before


def test_a_folder_gives_way_to_what_is_installed():
    files = {"steps.py": "import yaml\n\n\ndef step():\n    return yaml.safe_dump(1)\n"}
    folder = {**files, "yaml/notes.txt": ""}

    def parts(files, **options):
        return closure(Files(files), "steps:step", ["."], Observed(), **options).parts

    assert parts(folder, installed={"yaml"}) == parts(files, installed={"yaml"})
    assert parts(folder) != parts(files)
    assert parts({**files, "yaml.py": ""}, installed={"yaml"}) != parts(files, installed={"yaml"})


def test_names_that_lead_on_too_far_count_as_everything(monkeypatch):
    from restrike.code.closure import widen

    def too_deep(*_):
        raise RecursionError

    monkeypatch.setattr(widen.Reach, "start", too_deep)
    told = closure(Files({"steps.py": "def step(): ...\n", **OTHER}), "steps:step", ["."], Observed())
    assert set(told.parts) == {"steps.py (text)", "other.py (text)"}
    assert told.widened["other.py"] == "may be reached by names that are nested too deeply to be followed"


def test_a_long_chain_of_imports_is_followed_to_its_end():
    count = 1500
    files = {f"m{number}.py": f"from m{number + 1} import x\n" for number in range(count)}
    files |= {f"m{count}.py": "x = 1\n", "steps.py": "import m0\n\n\ndef step():\n    return 1\n"}
    assert "steps.py (text)" not in closure(Files(files), "steps:step", ["."], Observed()).parts
