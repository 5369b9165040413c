"""Loading configurations that are right: the worked examples, defaults, and what leaves the recipe alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from restrike.base import canonical, digest
from restrike.config import Config, DataDecl, EnvironmentDecl, load, steps_of
from restrike.pipeline.graph import Output, Source


def fingerprint(config: Config) -> str:
    return digest.of_bytes(canonical.dumps(config.recipe))


class TestTheBuiltInPipeline:
    def test_is_resolved(self, load_text: Any, diabetes: str) -> None:
        config = load_text(diabetes)
        assert (config.name, config.seed, config.steps) == ("diabetes", 7, ())
        columns = ["pregnancies", "glucose", "pressure", "skin", "insulin", "bmi", "pedigree", "age", "diabetic"]
        read = {
            "header": False,
            "columns": columns,
            "separator": None,
            "encoding": "utf-8",
            "types": {},
            "missing": None,
        }
        assert config.data == {"patients": DataDecl("patients", "data/pima-indians-diabetes.csv", read)}
        assert config.training == {
            "train_on": "patients",
            "features": {"numeric": ["pregnancies", "glucose", "pressure", "bmi", "pedigree", "age"]},
            "label": "diabetic",
            "task": None,
            "positive": None,
            "weight": None,
            "threshold": None,
            "split": {
                "method": "hash",
                "fractions": {"train": 0.7, "eval": 0.15, "test": 0.15},
                "key": None,
                "salt": "",
            },
            "preprocess": {
                "numeric": [
                    {"use": "sklearn.impute:SimpleImputer", "params": {"strategy": "median"}},
                    {"use": "sklearn.preprocessing:StandardScaler", "params": {}},
                ]
            },
            "train": {
                "use": "sklearn.linear_model:LogisticRegression",
                "params": {"C": 1.0, "max_iter": 500},
                "preload": [],
            },
        }
        assert config.evaluate == {
            "on": ["eval", "test"],
            "metrics": ["accuracy", "roc_auc", "recall", "log_loss"],
            "slices": [{"name": "over_50", "where": "age > 50"}, {"by": "age", "bins": [30.0, 40.0, 50.0]}],
            "intervals": {"method": "bootstrap", "level": 0.95, "samples": 1000},
        }
        assert config.gates == [
            {"metric": "roc_auc", "on": "test", "min": 0.75},
            {
                "metric": "recall",
                "on": "test",
                "slices": "all",
                "against": "champion",
                "max_drop": 0.02,
                "correction": "holm",
                "strict": False,
            },
        ]

    def test_everything_has_a_default(self, load_text: Any, small: str) -> None:
        config = load_text(small)
        assert config.training is not None
        assert config.training["split"]["fractions"] == {"train": 0.8, "test": 0.2}
        assert config.training["preprocess"] == {"numeric": "passthrough"}
        assert config.evaluate is None
        assert config.environment == EnvironmentDecl(None, (), (), {})
        assert config.numeric == {"profile": "portable", "threads": None}
        assert config.snapshot == {"max_file_mb": 10.0, "max_total_mb": 100.0, "include": [], "exclude": []}

    def test_the_name_is_the_folders_by_default(self, load_text: Any, small: str) -> None:
        assert load_text(small.replace("name: small\n", "")).name == "project"

    @pytest.mark.parametrize(
        ("split", "parts", "on", "gate"),
        [
            ("{method: random, fractions: {train: 0.5, b: 0.3, a: 0.2}, stratify: ill}", None, ["a", "b"], "a"),
            ("{method: stratified, fractions: {train: 0.75, test: 0.25}}", None, ["test"], "test"),
            ("{method: column, column: c, parts: {train: [1, 2], test: [x]}}", None, ["test"], "test"),
            ("{method: column, column: c}", None, None, "test"),
            ("{method: files, files: {train: rows, holdout: more}}", None, ["holdout"], "holdout"),
        ],
    )
    def test_every_method_of_splitting(
        self, load_text: Any, small: str, split: str, parts: None, on: list[str] | None, gate: str
    ) -> None:
        text = small.replace("{rows: data.csv}", "{rows: data.csv, more: more.csv}")
        config = load_text(text + f"split: {split}\nevaluate: {{metrics: [f1]}}\ngates: [{{metric: f1, min: 0.5}}]\n")
        assert config.evaluate is not None
        assert config.evaluate["on"] == on
        assert config.gates == [{"metric": "f1", "min": 0.5, "on": gate}]

    def test_metrics_by_import_path(self, load_text: Any, small: str) -> None:
        config = load_text(small + 'evaluate: {metrics: [accuracy, {use: "my.metrics:cost", needs: score}]}\n')
        assert config.evaluate is not None
        assert config.evaluate["metrics"][1] == {
            "use": "my.metrics:cost",
            "name": "cost",
            "params": {},
            "needs": "score",
            "greater_is_better": True,
        }

    def test_null_takes_back_what_may_be_left_out(self, load_text: Any, small: str) -> None:
        assert load_text(small + "weight: null\nsplit:\ngates: ~\n").document == load_text(small).document

    def test_null_in_params_is_a_value(self, load_text: Any, small: str) -> None:
        config = load_text(small.replace("{C: 1.0}", "{C: 1.0, random_state: null}"))
        assert config.training is not None
        assert config.training["train"]["params"] == {"C": 1.0, "random_state": None}


class TestAPipelineOfSteps:
    def test_is_resolved(self, load_text: Any, ranker: str) -> None:
        config = load_text(ranker)
        clean, fit, score = config.steps
        assert (clean.name, clean.inputs, clean.outputs) == (
            "clean",
            {"docs": Source("data", "raw")},
            (Output("output"),),
        )
        assert (fit.use, fit.params) == ("ranker.fit:fit", {"lr": 0.001, "epochs": 5})
        assert fit.outputs == (Output("model"), Output("curve"))
        assert score.command == ("python", "score.py", "--model", "{inputs.model}", "--out", "{outputs.scores}")
        assert score.outputs == (Output("scores", "scores.csv"), Output("summary", "metrics.json", "metrics"))
        assert config.training is None
        assert config.data["raw"].path == "data/docs"
        assert config.environment == EnvironmentDecl(".venv", ("TOKENIZERS_PARALLELISM",), ("HUB_TOKEN",), {})
        assert config.evaluate is not None
        assert config.evaluate["predictions"] == "score.scores"
        assert config.evaluate["key"] == ["doc_id"]

    def test_the_order_is_the_files_where_it_is_free(self, load_text: Any) -> None:
        config = load_text("restrike: 1\nsteps: {z: {use: m:f}, b: {use: m:f, inputs: {x: y}}, y: {use: m:f}}\n")
        assert [step.name for step in config.steps] == ["z", "y", "b"]

    def test_steps_come_back_from_the_document(self, load_text: Any, ranker: str) -> None:
        config = load_text(ranker)
        assert steps_of(canonical.loads(canonical.dumps(config.document))) == config.steps

    def test_a_command_as_text(self, load_text: Any) -> None:
        config = load_text("""restrike: 1\nsteps: {a: {run: "python 'my script.py' --n 3"}}\n""")
        assert config.steps[0].command == ("python", "my script.py", "--n", "3")
        shell = load_text("""restrike: 1\nsteps: {a: {run: "ls | wc -l", shell: true, timeout: 5}}\n""").steps[0]
        assert (shell.command, shell.shell, shell.timeout) == (("ls | wc -l",), True, 5.0)

    def test_the_network_is_granted_to_all_or_to_one(self, load_text: Any) -> None:
        one = load_text("restrike: 1\nsteps: {a: {use: m:f, network: true}, b: {use: m:f}}\n")
        assert [step.network for step in one.steps] == [True, False]
        every = load_text(
            "restrike: 1\nallow: {network: true}\nsteps: {a: {use: m:f, network: false}, b: {use: m:f}}\n"
        )
        assert [step.network for step in every.steps] == [False, True]

    def test_the_network_is_granted_to_hosts_by_name(self, load_text: Any) -> None:
        text = "restrike: 1\nallow: {network: [b.example, 'A.example:8080']}\nsteps: {a: {use: m:f}, b: {use: m:f%s}}\n"
        config = load_text(text % ", network: ['*.C.example']")
        assert [step.network for step in config.steps] == [("a.example:8080", "b.example"), ("*.c.example",)]
        assert config.document["allow"] == {"network": ["a.example:8080", "b.example"]}
        assert config.origin("steps.b.network.0") == "restrike.yaml:3:38"
        assert config.origin("allow.network.1") == "restrike.yaml:2:9"
        other = load_text(
            (text % ", network: ['*.c.example']").replace(
                "[b.example, 'A.example:8080']", "[a.example:8080, B.example, b.example.]"
            )
        )
        assert other.recipe == config.recipe
        assert [step.network for step in load_text(text % ", network: []").steps] == [
            ("a.example:8080", "b.example"),
            False,
        ]

    def test_outputs_of_a_function_keep_their_order(self, load_text: Any) -> None:
        config = load_text("restrike: 1\nsteps: {a: {use: m:f, outputs: {z: {as: metrics}, b: }}}\n")
        assert config.steps[0].outputs == (Output("z", None, "metrics"), Output("b"))


class TestTheRecipe:
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("name: diabetes\n", "name: another\n"),
            ("name: diabetes\n", ""),
            ("name: diabetes\n", "name: diabetes  # a comment\n\n\n"),
            ("min: 0.75}", "min: 0.5}"),
            ("  - {metric: roc_auc, on: test, min: 0.75}\n", ""),
            ("seed: 7\n", "seed: 7\nenvironment: {python: .venv}\n"),
            ("{train: 0.7, eval: 0.15, test: 0.15}", "{test: 0.15, train: 0.70, eval: 1.5e-1}"),
            ("label: diabetic\n", "label: diabetic\nthreshold: null\n"),
            ("  metrics: [", "  on: [test, eval]\n  metrics: ["),
            ("path: data/pima", "path: ./data//pima"),
            ("header: false, columns", "header: false, encoding: UTF8, columns"),
            ("C: 1.0, max_iter: 500", "max_iter: 500, C: 1.0"),
        ],
    )
    def test_is_left_alone_by(self, load_text: Any, diabetes: str, old: str, new: str) -> None:
        assert old in diabetes
        assert fingerprint(load_text(diabetes.replace(old, new))) == fingerprint(load_text(diabetes))

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("seed: 7", "seed: 8"),
            ("C: 1.0", "C: 1"),
            ("C: 1.0", "C: 1.1"),
            ("header: false", "header: true"),
            ("[30, 40, 50]", "[30, 40, 51]"),
            ("patients:\n    path: data/pima", "patients:\n    path: other/pima"),
            ("[pregnancies, glucose, pressure, bmi", "[glucose, pregnancies, pressure, bmi"),
            ("label: diabetic", "label: diabetic\npositive: '1'"),
            ("label: diabetic", "label: diabetic\nenvironment: {env: {set: {A: b}}}"),
            ("label: diabetic", "label: diabetic\nnumeric: {profile: native}"),
        ],
    )
    def test_is_changed_by(self, load_text: Any, diabetes: str, old: str, new: str) -> None:
        assert old in diabetes
        assert fingerprint(load_text(diabetes.replace(old, new))) != fingerprint(load_text(diabetes))

    def test_stated_defaults_are_omitted_ones(self, load_text: Any, small: str, ranker: str) -> None:
        """The document, read as a configuration again, is the same document."""
        for text in (small, small + "evaluate: {metrics: [accuracy]}\n"):
            config = load_text(text)
            stated = {key: value for key, value in config.document.items() if value is not None}
            assert load_text(json.dumps(stated)).document == config.document

    def test_the_order_in_memory_is_the_order_in_the_store(self, load_text: Any, diabetes: str, ranker: str) -> None:
        for text in (diabetes, ranker):
            document = load_text(text).document
            stored = canonical.loads(canonical.dumps(document))
            assert json.dumps(document) == json.dumps(stored)


def test_the_room_loads_neither_yaml_nor_pydantic() -> None:
    script = "import sys, restrike.config; print(sorted({'yaml', 'pydantic', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_relative_path_is_enough(load_text: Any, small: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_text(small)
    monkeypatch.chdir(tmp_path / "project")
    config = load(Path("restrike.yaml"))
    assert config.path == tmp_path / "project" / "restrike.yaml"
    assert config.sources == (config.path,)
