"""What a perturbed process sees, each in a process of its own: it stays perturbed for life."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest


@pytest.fixture
def perturbed(tmp_path):
    """Return a function that executes a script under an order and returns what it printed and what was observed."""

    def execute(order, script):
        (tmp_path / "script.py").write_text(textwrap.dedent(script))
        program = (
            "import json, runpy, sys\n"
            "from restrike.worker.trace.imports import Imports\n"
            "from restrike.worker.trace.record import Record\n"
            "from restrike.worker.watch.session import Session\n"
            "imports = Imports(Record())\n"
            "imports.begin()\n"
            "session = Session(imports)\n"
            "session.begin(sys.argv[2], '/outputs', json.loads(sys.argv[1]))\n"
            "runpy.run_path(sys.argv[2] + '/script.py')\n"
            "print(json.dumps(session.watch.observed()))\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, json.dumps(order), str(tmp_path)],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            cwd=tmp_path,
        )
        *printed, observed = done.stdout.splitlines()
        return printed, json.loads(observed)

    return execute


DRAWS = """
    import os, random, secrets, tempfile, uuid
    print(random.Random().random(), secrets.token_hex(4), uuid.uuid4(), os.urandom(4).hex())
    print(random.SystemRandom().random(), next(tempfile._RandomNameSequence()))
"""


def test_fixed_randomness_is_the_same_each_time_and_unfixed_is_not(perturbed):
    fixed, free = {"fix": ["entropy"]}, {"watch": True}
    assert perturbed(fixed, DRAWS)[0] == perturbed(fixed, DRAWS)[0]
    printed, observed = perturbed(free, DRAWS)
    assert printed != perturbed(free, DRAWS)[0]
    assert {item["line"] for item in observed} == {3, 4}


def test_a_seeded_generator_is_no_reading(perturbed):
    printed, observed = perturbed({"watch": True}, "import random\nprint(random.Random(3).random())\n")
    assert printed == ["0.23796462709189137"]
    assert observed == []


def test_only_the_named_place_is_fixed(perturbed):
    script = "import os\nprint(os.urandom(8).hex())\nprint(os.urandom(8).hex())\n"
    order = {"fix": ["entropy"], "only": [["script.py", 3]]}
    (first, second), (third, fourth) = perturbed(order, script)[0], perturbed(order, script)[0]
    assert first != third
    assert second == fourth


def test_the_counting_clock_is_the_same_each_time_and_waiting_for_it_ends(perturbed):
    script = """
        import time
        from datetime import date, datetime, timezone
        end = time.monotonic() + 2
        while time.monotonic() < end:
            pass
        print(time.time(), datetime.now(), datetime.now(timezone.utc), date.today(), time.strftime("%c"), time.ctime())
    """
    printed, observed = perturbed({"fix": ["clock"]}, script)
    assert printed == perturbed({"fix": ["clock"]}, script)[0]
    assert {item["kind"] for item in observed} == {"clock"}


def test_a_moved_clock_moves_dates_and_leaves_durations(perturbed):
    script = """
        import time
        from datetime import datetime
        began = time.perf_counter()
        print(datetime.now().year, int(time.time()), time.perf_counter() - began < 5)
    """
    year, seconds, short = perturbed({"shift": 0.0, "watch": True}, script)[0][0].split()
    later, moved, still = perturbed({"shift": 800 * 86400.0}, script)[0][0].split()
    assert int(later) - int(year) in (2, 3)
    assert 0 <= int(moved) - int(seconds) - 800 * 86400 < 60
    assert short == still == "True"


def test_listings_are_the_other_way_round(perturbed, tmp_path):
    (tmp_path / "files").mkdir()
    for n in range(9):
        (tmp_path / "files" / str(n)).touch()
    script = """
        import os, pathlib
        with os.scandir("files") as entries:
            print([entry.name for entry in entries])
        print(os.listdir("files"))
        print([path.name for path in pathlib.Path("files").iterdir()])
    """
    usual = perturbed({}, script)[0]
    turned = perturbed({"listing": "reversed"}, script)[0]
    assert [eval(line)[::-1] for line in usual] == [eval(line) for line in turned]


def test_a_pool_without_threads_keeps_results_and_errors(perturbed):
    script = """
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(4) as pool:
            print(list(pool.map(abs, [-1, 2])), type(pool.submit(int, "x").exception()).__name__)
    """
    assert perturbed({"fix": ["threads"]}, script)[0] == ["[1, 2] ValueError"]
