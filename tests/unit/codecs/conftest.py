"""What the tests of this room share."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from restrike.codecs import Difference, Encoded, decode, differences, encode

Trip = Callable[[Any], tuple[Encoded, Any]]


@pytest.fixture
def trip(tmp_path: Path) -> Trip:
    """Encode a value, decode it as what it was, and return both."""
    numbers = itertools.count()

    def there_and_back(value: Any) -> tuple[Encoded, Any]:
        name = f"value-{next(numbers)}"
        made = encode(value, tmp_path, name)
        return made, decode(tmp_path / name, made.codec, None, made.engine)

    return there_and_back


@pytest.fixture
def between(tmp_path: Path) -> Callable[..., list[Difference]]:
    """Encode two values and return their differences."""
    numbers = itertools.count()

    def compare(ours: Any, theirs: Any, limit: int = 20) -> list[Difference]:
        paths = [tmp_path / f"{side}-{next(numbers)}" for side in ("ours", "theirs")]
        made = [encode(value, tmp_path, path.name) for value, path in zip((ours, theirs), paths, strict=True)]
        return differences(paths[0], made[0].codec, paths[1], made[1].codec, limit)

    return compare


@pytest.fixture
def in_fresh_process(tmp_path: Path) -> Callable[..., str]:
    """Run Python source in a new process with a hash seed of its own and return what it prints."""

    def run(source: str, seed: str = "random") -> str:
        script = tmp_path / "script.py"
        script.write_text(source, encoding="utf-8")
        variables = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, str(script)], env=variables, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
