from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from restrike.evaluation import metrics, resampling
from restrike.evaluation.report import measure
from restrike.evaluation.sample import Sample, Target

PROGRAM = """
import hashlib, json, sys
import numpy as np
from restrike.evaluation.report import measure
from restrike.evaluation.sample import Target
random = np.random.default_rng(1)
score = random.random(300)
truth = (random.random(300) < score).astype(int)
table = {"part": np.array(["test"] * 300, dtype=object), "truth": truth, "prediction": (score > 0.5).astype(int),
         "score": score, "score_0": 1 - score, "age": random.integers(20, 80, 300)}
found = measure(table, Target("classification", (0, 1), 1, "probability"),
                declared=["accuracy", "roc_auc", "log_loss", "average_precision"],
                slices_declared=[{"by": "age", "bins": [40, 60]}], seed=3)
print(hashlib.sha256(json.dumps(found).encode()).hexdigest())
"""


def coin(rows: int, share: float = 0.5) -> Sample:
    truth = (np.arange(rows) < rows * share).astype(int)
    return Sample(Target("classification", (0, 1), 1), truth, np.ones(rows, dtype=int))


def interval(name: str, sample: Sample, level: float = 0.95, seed: int = 0) -> resampling.Interval:
    (found,) = resampling.intervals([metrics.named(name)], sample, level=level, draws=1000, seed=seed, purpose=["test"])
    return found


def test_the_interval_of_a_share_is_the_binomial_one() -> None:
    found = interval("accuracy", coin(400, 0.5))
    reach = 1.96 * np.sqrt(0.25 / 400)
    assert found.low == pytest.approx(0.5 - reach, abs=0.006)
    assert found.high == pytest.approx(0.5 + reach, abs=0.006)


def test_drawn_cells_have_the_distribution_of_drawn_rows() -> None:
    sample = coin(300, 0.3)
    metric = metrics.named("f1")
    by_cells = resampling._drawn_cells(metric, sample, 4000, resampling.generator(1, "a"))
    (by_rows,) = resampling.draw_rows(
        [resampling.weighted(metric, sample)], len(sample), 4000, resampling.generator(1, "b")
    )
    shares = [0.025, 0.25, 0.5, 0.75, 0.975]
    assert np.quantile(by_cells, shares) == pytest.approx(np.quantile(by_rows, shares), abs=0.01)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(5)
    metric = metrics.named("mae")
    covered = 0
    for trial in range(200):
        truth = random.normal(0, 1, 80)
        sample = Sample(Target("regression"), truth, np.zeros(80))
        (found,) = resampling.intervals([metric], sample, level=0.9, draws=400, seed=trial, purpose=["x"])
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= np.sqrt(2 / np.pi) <= found.high
    assert 0.82 <= covered / 200 <= 0.96


def test_few_rows() -> None:
    assert interval("accuracy", coin(1)) == resampling.Interval(None, None)
    assert interval("recall", Sample(Target("classification", (0, 1), 1), np.zeros(9), np.zeros(9))).low is None


def test_a_seed_decides_and_one_slice_more_changes_nothing() -> None:
    random = np.random.default_rng(1)
    table = {
        "part": np.array(["test"] * 200, dtype=object),
        "truth": random.normal(0, 1, 200),
        "prediction": random.normal(0, 1, 200),
        "x": np.arange(200),
    }
    declared = [{"where": "x > 50"}, {"where": "x > 100"}]
    target = Target("regression")
    both = measure(table, target, declared=["mae", "rmse"], slices_declared=declared, seed=7)
    again = measure(table, target, declared=["mae", "rmse"], slices_declared=declared, seed=7)
    fewer = measure(table, target, declared=["mae", "rmse"], slices_declared=declared[1:], seed=7)
    other = measure(table, target, declared=["mae", "rmse"], slices_declared=declared, seed=8)
    assert both == again
    assert both[0] == fewer[0]
    assert both[1][1:] == fewer[1]
    assert both[0]["test"]["mae"]["low"] != other[0]["test"]["mae"]["low"]
    assert both[0]["test"]["mae"]["value"] == other[0]["test"]["mae"]["value"]


def test_bytes_depend_on_neither_threads_nor_hash_seed() -> None:
    source = str(Path(resampling.__file__).parents[2])
    outputs = set()
    for threads in ("1", "4"):
        variables = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads)
        variables |= {"PYTHONPATH": source, "PYTHONHASHSEED": threads}
        outputs.add(subprocess.check_output([sys.executable, "-c", PROGRAM], env=variables, text=True))
    assert len(outputs) == 1


def test_counts_of_a_million_rows_cost_no_more_than_of_a_thousand() -> None:
    random = np.random.default_rng(2)
    truth = random.integers(0, 2, 1_000_000)
    sample = Sample(Target("classification", (0, 1), 1), truth, random.integers(0, 2, 1_000_000))
    chosen = [metrics.named(name) for name in ("accuracy", "precision", "recall", "f1", "balanced_accuracy")]
    started = time.process_time()
    resampling.intervals(chosen, sample, level=0.95, draws=1000, seed=1, purpose=["test"])
    assert time.process_time() - started < 3
