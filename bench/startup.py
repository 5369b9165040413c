"""What every command pays, and listing ten thousand runs."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Iterator

from measure import Measurement, Shell
from place import RESTRIKE, Place
from trivial import chain

RUNS = 10_000
ARGPARSE = (
    "import argparse; parser = argparse.ArgumentParser('plain'); parser.add_argument('--x'); parser.format_help()"
)
SQLITE = """
import json, sqlite3
rows = sqlite3.connect(".restrike/index.db").execute(
    "SELECT runs.run, closings.metrics FROM runs JOIN closings USING (run) ORDER BY started DESC LIMIT 100")
for run, metrics in rows:
    print(run, json.loads(metrics))
"""


def measure(place: Place, repeats: int) -> Iterator[Measurement]:
    shell = place.project("startup")
    help_ = shell.times(repeats, RESTRIKE, "--help")
    plain = shell.times(repeats, sys.executable, "-c", ARGPARSE)
    yield Measurement("start", "restrike --help", help_, budget=0.12, plain=plain)
    imported = shell.times(repeats, sys.executable, "-c", "import restrike")
    bare = shell.times(repeats, sys.executable, "-c", "pass")
    yield Measurement("start", "import restrike", imported, budget=0.05, plain=bare)
    history(shell)
    listed = shell.times(repeats, RESTRIKE, "runs")
    plain = shell.times(repeats, sys.executable, "-c", SQLITE)
    yield Measurement("start", f"restrike runs, of {RUNS:,} recorded", listed, budget=0.4, plain=plain)


def history(shell: Shell) -> None:
    """Write ten thousand runs of three recipes into a project's ledger, and let the index take them in."""
    from restrike.base import canonical
    from restrike.records import recorded
    from restrike.records.documents import run_id
    from restrike.records.ledger import opened
    from restrike.records.names import resolve
    from restrike.store import Store

    chain(shell.folder, 2)
    shell.cpu(RESTRIKE, "run")
    store = Store.open(shell.folder / ".restrike")
    with opened(store) as ledger:
        run = recorded.read(ledger, resolve(ledger, "@last"))
        opening, closing = run.opening, run.closing
    began = time.time() - RUNS * 60
    for number in range(RUNS):
        at = began + number * 60
        opened_run = opening | {
            "time": at,
            "nonce": f"{number:032x}",
            "recipe": hashlib.sha256(b"%d" % (number // 3)).hexdigest(),
        }
        closed = closing | {
            "run": run_id(opened_run),
            "ended": at + 30,
            "metrics": {"test": {"accuracy": number / RUNS}},
        }
        for record in (opened_run, closed):
            data = canonical.dumps(record)
            name = hashlib.sha256(data).hexdigest()
            folder = store.root / "ledger" / name[:2]
            folder.mkdir(exist_ok=True)
            (folder / f"{name}.json").write_bytes(data)  # as Ledger.append does, without waiting for the disk
    time.sleep(2.1)  # folders as young as their clock's tick are listed again every time
    shell.cpu(RESTRIKE, "runs")
