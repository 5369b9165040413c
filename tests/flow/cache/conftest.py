"""What the tests of the cache share: runs in this process, in a home and an environment of their own."""

import importlib.util
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

_spec = importlib.util.spec_from_file_location("restrike_people", HERE.parent / "conftest.py")
people = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(people)


@pytest.fixture
def variables(tmp_path, shared, bare_env):
    """Return the variables of somebody with an empty home, whose active environment is bare."""
    return {**people.at_home(tmp_path / "home", shared), "VIRTUAL_ENV": str(bare_env)}
