"""What the tests of the cache share: runs in this process, in a home and an environment of their own."""

import importlib.util
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

_spec = importlib.util.spec_from_file_location("restrike_people", HERE.parent / "conftest.py")
people = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(people)


MEMORY = Path("/dev/shm")
ROOM = 2 << 30


@pytest.fixture
def tmp_path(tmp_path):
    """Return a folder in memory where there is room: hundreds of runs would wait for a disk."""
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM:
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(prefix="restrike-", dir=MEMORY))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def variables(tmp_path, shared, bare_env):
    """Return the variables of somebody with an empty home, whose active environment is bare."""
    return {**people.at_home(tmp_path / "home", shared), "VIRTUAL_ENV": str(bare_env)}
