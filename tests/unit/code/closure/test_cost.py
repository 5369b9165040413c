"""What the analysis costs: a large tree read for the first time, and twenty steps of one that is known."""

from __future__ import annotations

import hashlib
import time

import pytest

from restrike.code.closure import Analysis, KeptFacts, Observed

FILES, STEPS = 200, 20
COLD_S, WARM_S = 3.0, 0.3
SLACK = 3  # other processes share the machine's caches and clock

FUNCTION = '''
def step_{n}_{i}(rows, factor={i}, *, scale=1.0):
    """Return the rows of part {i}, scaled and checked against what the part before it allows."""
    found = []
    for position, row in enumerate(rows):
        if row is None or position % {i1} == 0:
            continue
        value = (row["value"] * factor + OFFSET_{i}) / scale
        if value > helper_{n}(position, limit=LIMITS["upper"]):
            raise ValueError(f"row {{position}} of part {i} is {{value:.3f}}, over {{LIMITS['upper']}}")
        found.append({{**row, "value": round(value, 4), "part": "{n}-{i}", "name": str(row.get("name", "")).strip()}})
    return sorted(found, key=lambda item: (item["value"], item["name"]))


OFFSET_{i} = {i} * 2
'''


class Tree:
    def __init__(self, files):
        self.data = {path: text.encode() for path, text in files.items()}
        self.files = {path: hashlib.sha256(data).hexdigest() for path, data in self.data.items()}

    def read(self, path):
        return self.data[path]


@pytest.fixture(scope="module")
def tree():
    files = {}
    for n in range(FILES):
        lines = ["import json", "import os", f"from pkg.m{n + 1} import helper_{n + 1}" if n + 1 < FILES else ""]
        lines += ['LIMITS = {"upper": 10.0, "lower": 0.5}', f"def helper_{n}(x, limit):"]
        lines += [f"    return helper_{n + 1}(x, limit) + {n}" if n + 1 < FILES else "    return limit"]
        lines += [FUNCTION.format(n=n, i=i, i1=i + 2) for i in range(36)]
        files[f"pkg/m{n}.py"] = "\n".join(lines)
    return Tree({**files, "pkg/__init__.py": ""})


@pytest.mark.long
def test_a_large_tree_is_read_and_reread_within_its_budget(tree, tmp_path):
    size = sum(len(data) for data in tree.data.values())
    took = []
    for _ in range(2):
        started = time.process_time()
        facts = KeptFacts(tmp_path)
        analysis = Analysis(tree, ["."], facts=facts)
        observed = Observed(modules=frozenset(tree.files))
        parts = [analysis.closure(f"pkg.m{n}:step_{n}_3", observed).parts for n in range(STEPS)]
        took.append(time.process_time() - started)
        facts.flush()
    assert len(parts[0]) > FILES
    cold, warm = took
    print(f"{FILES} files, {size / 1e6:.1f} MB, {STEPS} steps: {cold:.2f} s cold, {warm:.2f} s warm")
    assert cold < COLD_S * SLACK
    assert warm < WARM_S * SLACK
