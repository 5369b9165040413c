"""The global generators of processes that a step forks or starts: the same in every execution, and not all alike."""

from __future__ import annotations

from typing import Any

import pytest

POOL = """
import multiprocessing, random

def draw(pipe):
    pipe.send(random.random())
    pipe.close()

def drawn(method):
    context = multiprocessing.get_context(method)
    found = []
    for _ in range(3):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=draw, args=(theirs,))
        process.start()
        theirs.close()
        found.append(ours.recv())
        process.join()
    return found
"""


def draws(bench: Any, body: str, seed: int = 7) -> Any:
    return bench.value(bench.call(body, job={"seed": seed}))


FORK = """
    import os, random
    def forked(then=lambda: []):
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.write(writing, repr([random.random(), *then()]).encode())
            os._exit(0)
        os.close(writing)
        os.wait()
        return eval(os.read(reading, 1000))
    return [random.random(), *forked(), *forked(), *forked(then=forked), *forked()]
"""


def test_forks_are_seeded_each_by_its_place(bench: Any) -> None:
    first = draws(bench, FORK)
    assert draws(bench, FORK) == first
    assert len(set(first)) == len(first) == 6
    assert not set(draws(bench, FORK, seed=8)) & set(first)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_are_seeded_each_by_its_number(bench: Any, method: str) -> None:
    bench.write("pool.py", POOL)
    body = f"import pool; return pool.drawn({method!r})"
    first = draws(bench, body)
    assert draws(bench, body) == first
    assert len(set(first)) == 3
    assert not set(draws(bench, body, seed=8)) & set(first)


def test_a_python_that_a_function_starts_is_seeded(bench: Any) -> None:
    body = """
        import random, subprocess, sys
        program = "import random; print(random.random())"
        run = lambda: float(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout)
        return [random.random(), run(), run()]
    """
    own, one, two = draws(bench, body)
    assert draws(bench, body) == [own, one, two]
    assert own != one == two
    assert draws(bench, body, seed=8)[1] != one


SCRIPT = """
import json, random, sys
sys.path.insert(0, ".")
import pool

if __name__ == "__main__":
    if sys.argv[1] == "seeded":
        random.seed(1)
    found = pool.drawn(sys.argv[2])
    json.dump({"own": random.random(), "workers": found}, open("found.json", "w"))
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_commands_own_generator_is_its_own_affair_and_its_workers_are_seeded(bench: Any, method: str) -> None:
    bench.write("pool.py", POOL)
    bench.write("script.py", SCRIPT)
    output = [{"name": "found", "path": "found.json"}]

    def run(seeded: str) -> tuple[Any, list[Any]]:
        outcome = bench.command("python", "script.py", seeded, method, declared=output)
        readings = [item for item in outcome.result["trace"]["readings"] if item["kind"] == "entropy"]
        return bench.value(outcome, "found"), readings

    first, told = run("seeded")
    assert told == []
    assert run("seeded")[0] == first
    assert len(set(first["workers"])) == 3
    second, told = run("unseeded")
    assert second["own"] != first["own"]
    assert second["workers"] == first["workers"]
    assert "script.py" in {item["file"] for item in told}
