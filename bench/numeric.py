"""What it costs to have the same bits on every machine: work with pinned instructions, against the machine's own.

Each value is a ratio of CPU seconds: the same work in two processes, one with each profile, one after the other.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator

from measure import Measurement, Shell
from place import ROOT, Place

from restrike.config import load
from restrike.execution.capture import steps_of
from restrike.execution.sandbox.variables import stated

FITS = {"diabetes": 60, "wine": 120, "titanic": 3}  # times that a model is fitted: a second or so
WORK = {
    "a product of 1500 x 1500 matrices": "table = random.normal(size=(1500, 1500)); work = lambda: table @ table",
    "exp, log, power of 4 million numbers": "values = random.uniform(0.1, 9, 4_000_000); "
    "work = lambda: (numpy.exp(values), numpy.log(values), values**1.7)",
}
BEGIN = "import os, sys; from restrike.worker import numeric; numeric.settle(os.environ); sys.path.insert(0, '')\n"
END = """
import time
work()
began = time.process_time()
for _ in range(times):
    work()
print(time.process_time() - began)
"""
FIT = """
import json
from pathlib import Path
from restrike.worker.binding import function_of
told = json.loads(sys.argv[1])
def made(step, **inputs):
    return function_of(told[step]["use"], [os.getcwd()])(**inputs, **told[step]["params"])
seeded = {"seed": 1} if told["split"]["use"].endswith("at_random") else {}
table = made("load", data=Path(told["data"]))
membership = made("split", table=table, **seeded)
work, times = lambda: made("train", table=table, membership=membership, seed=1), told["times"]
"""
ARITHMETIC = "import numpy; random = numpy.random.default_rng(1); times = 4\n"


def measure(place: Place, repeats: int) -> Iterator[Measurement]:
    for name, times in FITS.items():
        shell = place.example(name)
        ratios = compared(place, shell, repeats, BEGIN + FIT + END, json.dumps(told(shell, times)))
        yield Measurement("numeric", f"{name}: training, portable to native", ratios, "x", 1.05)
    shell = place.project("arithmetic", ml=True)
    for what, source in WORK.items():
        yield Measurement("numeric", f"{what}", compared(place, shell, repeats, BEGIN + ARITHMETIC + source + END), "x")


def told(shell: Shell, times: int) -> dict[str, object]:
    """Return what a child needs to load, split and train as an example does."""
    config = load(shell.folder / "restrike.yaml")
    steps = {step.name: {"use": step.use, "params": step.params} for step in steps_of(config)}
    return {**steps, "data": config.data[config.document["train_on"]].path, "times": times}


def compared(place: Place, shell: Shell, repeats: int, source: str, *arguments: str) -> tuple[float, ...]:
    """Return how many times as much CPU a portable process takes as a native one, for each of some pairs."""
    return tuple(
        seconds(place, shell, "portable", source, *arguments) / seconds(place, shell, "native", source, *arguments)
        for _ in range(2 * repeats + 1)
    )


def seconds(place: Place, shell: Shell, profile: str, source: str, *arguments: str) -> float:
    assert profile in ("portable", "native")
    variables = stated(profile, len(os.sched_getaffinity(0)), {"PYTHONPATH": str(ROOT / "src")})
    command = [place.python(ml=True), "-c", source, *arguments]
    done = subprocess.run(command, cwd=shell.folder, env=variables, capture_output=True, text=True, check=True)
    return float(done.stdout.splitlines()[-1])
