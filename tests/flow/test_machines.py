"""Bits carry from machine to machine: other shells, other numbers of cores, another processor, emulated by QEMU."""

import contextlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from restrike.config import load
from restrike.execution.capture import steps_of
from restrike.execution.executor import job_of
from restrike.execution.sandbox.variables import stated

ROOT = Path(__file__).resolve().parents[2]

EXAMPLES = ("diabetes", "wine", "titanic")
ELSEWHERE = [("diabetes", "Haswell"), ("wine", "EPYC"), ("titanic", "Haswell-noTSX")]
SHELL = {
    "OPENBLAS_CORETYPE": "Nehalem",
    "OPENBLAS_NUM_THREADS": "1",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512_SKX AVX2 FMA3",
    "OMP_NUM_THREADS": "7",
    "MKL_NUM_THREADS": "3",
    "MKL_CBWR": "COMPATIBLE",
    "MKL_DEBUG_CPU_TYPE": "5",
    "ATEN_CPU_CAPABILITY": "default",
    "ARROW_USER_SIMD_LEVEL": "NONE",
    "PYTHONHASHSEED": "77",
    "TZ": "Pacific/Auckland",
    "LC_NUMERIC": "de_DE.UTF-8",
}
NUMBERS = """
import numpy


def product(seed):
    table = numpy.random.default_rng(seed).normal(size=(300, 300))
    return table @ table


def functions(seed):
    values = numpy.random.default_rng(seed).uniform(0.1, 9, size=50_000)
    return numpy.stack([numpy.exp(values), numpy.log(values), numpy.tanh(values), values**1.7])


def solved(product):
    return numpy.linalg.svd(product)[1]
"""
CONFIG = """
restrike: 1
name: numbers
numeric: {{profile: {profile}, threads: {threads}}}
steps:
  product: {{use: "numbers_of:product"}}
  functions: {{use: "numbers_of:functions"}}
  solved: {{use: "numbers_of:solved", inputs: {{product: product}}}}
"""
EMULATOR = shutil.which("qemu-x86_64")
emulated = pytest.mark.skipif(EMULATOR is None, reason="needs qemu-x86_64 (of qemu-user)")


@contextlib.contextmanager
def one_core():
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(cores)[:1])
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def digests(run):
    return {step["name"]: {name: made["digest"] for name, made in step["outputs"].items()} for step in run["steps"]}


@pytest.fixture
def numbers(user, ml_env):
    """Return a function that has somebody run numeric steps, the bits of which hang on threads and instructions."""
    user.variables["VIRTUAL_ENV"] = str(ml_env)
    user.writes({"numbers_of.py": NUMBERS})

    def run(profile, threads=2):
        user.writes({"restrike.yaml": CONFIG.format(profile=profile, threads=threads)})
        return user.run("--no-reuse")

    return user, run


@pytest.fixture
def on(ml_env, tmp_path):
    """Return a function that gives an environment like the usual one, whose Python a processor of a kind executes."""

    def environment(processor):
        folder = tmp_path / processor
        shutil.copytree(ml_env, folder, symlinks=True, copy_function=os.link)
        for name in folder.joinpath("bin").glob("python*"):
            name.unlink()
        python = folder / "bin" / "python"
        base = os.path.realpath(ml_env / "bin" / "python")
        python.write_text(f'#!/bin/sh\nexec {EMULATOR} -cpu {processor} -0 "$0" {base} "$@"\n')
        python.chmod(0o755)
        (folder / "bin" / "python3").symlink_to("python")
        return str(folder)

    return environment


def test_another_shell_and_fewer_cores_change_no_bit(numbers):
    user, run = numbers
    ours = run("portable")
    user.variables.update(SHELL)
    with one_core():
        again = run("portable")
        assert (again["recipe"], again["result"]) == (ours["recipe"], ours["result"])
        assert digests(again) == digests(ours)
        assert user.reproduce(ours["run"])["verdict"] == "identical"


@pytest.mark.parametrize("profile", ["portable", pytest.param("native", marks=pytest.mark.slow)])
def test_the_recorded_threads_are_used_again_on_a_machine_with_fewer_cores(numbers, profile):
    user, run = numbers
    alone, many = run(profile, threads=1), run(profile, threads=8)
    assert digests(alone)["product"] != digests(many)["product"]  # the number matters here, or this shows nothing
    with one_core():
        assert user.reproduce(many["run"])["verdict"] == "identical"
    assert user.reproduce(alone["run"])["verdict"] == "identical"


@emulated
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_another_processor_gives_the_same_bits_with_a_portable_profile_only(numbers, on):
    user, run = numbers
    portable, native = run("portable"), run("native")
    for processor in ("Haswell", "EPYC"):
        elsewhere = {"VIRTUAL_ENV": on(processor)}
        verdict = user.reproduce(portable["run"], "--env", "current", **elsewhere)
        assert (verdict["verdict"], verdict["scope"]["environment"]["mismatches"]) == ("identical", [])
    if "avx512f" in flags():
        verdict = user.reproduce(native["run"], "--env", "current", "--no-cause", status=11, **elsewhere)
        assert verdict["verdict"] == "different"


def flags():
    with open("/proc/cpuinfo") as stream:
        return next((line.split(":")[1].split() for line in stream if line.startswith("flags")), [])


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_gives_the_same_bits_whatever_shell_and_cores(example, name):
    user = example(name)
    by_threads = {count: user.run("--no-reuse", "--set", f"numeric.threads={count}") for count in (1, 2, 8)}
    assert all(digests(run) == digests(by_threads[1]) for run in by_threads.values())
    user.variables.update(SHELL)
    assert user.reproduce(by_threads[8]["run"])["verdict"] == "identical"
    with one_core():
        assert user.reproduce(by_threads[8]["run"])["verdict"] == "identical"
        forced = user.run("--no-reuse")
    assert digests(forced) == digests(by_threads[1])


# The steps of a pipeline one after the other in one plain process: QEMU has trouble with threads after a fork, which is
# how sealed steps start, so for whole examples the worker's own operations are executed unsealed.
UNSEALED = """
import hashlib, json, os, sys
from pathlib import Path
from restrike.worker import numeric, operations
numeric.settle(os.environ)
sys.path.insert(0, os.getcwd())
made = {}
for job in json.loads(sys.argv[1]):
    folder = Path(job["outputs_folder"])
    folder.mkdir()
    for name, given in job["inputs"].items():
        job["inputs"][name] = made.get(given.get("from"), given)
    outputs = operations.execute(job)["outputs"]
    for name, told in outputs.items():
        path = folder / told["path"]
        made[f"{job['step']}.{name}"] = {"path": str(path), "codec": told["codec"], "engine": told["engine"]}
        print(job["step"], name, hashlib.sha256(path.read_bytes()).hexdigest())
"""


def jobs(user, run, folder):
    """Return the jobs of a run's steps, as its worker was given them, but for the places of files."""
    config = load(user.project / "restrike.yaml")
    for step in steps_of(config):
        data = {
            name: {"path": config.data[source.name].path, "data": True, "read": config.data[source.name].read}
            for name, source in step.inputs.items()
            if source.kind == "data"
        }
        made = {name: {"from": f"{source.name}.{source.output}"} for name, source in step.inputs.items()}
        job = job_of(step, run["seal"]["seeds"][step.name], {})
        yield job | {
            "inputs": made | data,
            "outputs_folder": f"{folder}/{step.name}",
            "project_folder": str(user.project),
        }


@emulated
@pytest.mark.slow
@pytest.mark.timeout(2400)
@pytest.mark.parametrize(("name", "processor"), ELSEWHERE)
def test_an_example_gives_the_same_bits_on_another_processor(example, on, tmp_path, name, processor):
    user = example(name)
    run = user.run()
    (tmp_path / "made").mkdir()
    given = json.dumps(list(jobs(user, run, tmp_path / "made")))
    variables = stated("portable", run["seal"]["numeric"]["threads"], {"PYTHONPATH": str(ROOT / "src")})
    command = [f"{on(processor)}/bin/python", "-c", UNSEALED, given]
    done = subprocess.run(command, cwd=user.project, env=variables, capture_output=True, text=True, check=False)
    if done.returncode < 0 and "uncaught target signal" in done.stderr:
        pytest.skip(f"QEMU does not get through it: signal {-done.returncode}")  # it says nothing about bits
    assert done.returncode == 0, done.stderr
    found = {tuple(line.split()[:2]): line.split()[2] for line in done.stdout.splitlines() if line.count(" ") == 2}
    assert found == {
        (step["name"], output): made["digest"] for step in run["steps"] for output, made in step["outputs"].items()
    }
