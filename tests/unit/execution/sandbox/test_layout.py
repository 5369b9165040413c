"""The stated environment, and mounts in an order in which none hides another."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restrike.execution.sandbox import Mount, Seal
from restrike.execution.sandbox.layout import graphics, interpreter, of_seal, ordered
from restrike.execution.sandbox.variables import stated

NAMES = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))


@given(st.lists(st.tuples(NAMES, NAMES), max_size=12))
def test_parents_come_before_children_and_nothing_is_lost(pairs: list[tuple[str, str]]) -> None:
    binds = [{"bind": source, "at": target, "writable": False} for target, source in dict(pairs).items()]
    result = ordered(binds)
    for position, entry in enumerate(result):
        assert not any(entry["at"].startswith(later["at"] + "/") for later in result[position:])
    for entry in binds:
        shown = [other for other in result if (entry["at"] + "/").startswith(other["at"] + "/")]
        last = shown[-1]
        assert last["bind"] + entry["at"][len(last["at"]) :] == entry["bind"]


def test_what_is_passed_wins_save_over_the_seals_own_places() -> None:
    given = stated("portable", 4, {"OMP_NUM_THREADS": "1", "HOME": "/home/ann", "EXTRA": "x"})
    assert given["OMP_NUM_THREADS"] == "1"
    assert given["OPENBLAS_NUM_THREADS"] == "4"
    assert given["EXTRA"] == "x"
    assert given["HOME"] == "/home/restrike"
    assert given["OPENBLAS_CORETYPE"] == "Haswell"
    assert "OPENBLAS_CORETYPE" not in stated("native", 4, {})
    assert all(isinstance(value, str) for value in given.values())


@pytest.mark.parametrize(
    ("mounts", "expected"),
    [
        ((Mount(Path("/x/venv"), "/x/venv"), Mount(Path("/x/venv"), "/env")), "/env/bin/python"),
        ((Mount(Path("/x"), "/x"),), "/x/venv/bin/python"),
        ((), "/x/venv/bin/python"),
    ],
)
def test_the_interpreter_is_named_by_its_fixed_place(mounts: tuple[Mount, ...], expected: str) -> None:
    seal = Seal(Path("/x/venv/bin/python"), mounts, Path("/e"), Path("/c"), (), {})
    assert interpreter(seal) == expected


def test_a_project_below_a_system_folder_is_masked(tmp_path: Path) -> None:
    seal = Seal(Path("/usr/bin/python3"), (), tmp_path, tmp_path, (), {}, hidden=(Path("/usr/share"), tmp_path))
    masked = [entry["at"] for entry in of_seal(seal, network="none") if "empty" in entry]
    assert "/usr/share" in masked
    assert str(tmp_path) not in masked


def test_graphics_processors_are_shown_where_there_are_some(tmp_path: Path) -> None:
    for path in ("dev/null", "sys/bus/pci/devices", "sys/devices/pci0000:00", "sys/devices/system"):
        (tmp_path / path).mkdir(parents=True)
    assert graphics(str(tmp_path)) == []
    for path in ("dev/nvidia0", "dev/nvidiactl", "dev/nvidia-uvm", "dev/nvidia-caps/nvidia-cap1", "dev/dri/card0"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()
    shown = graphics(str(tmp_path))
    devices = ["/dev/dri", "/dev/nvidia-caps", "/dev/nvidia-uvm", "/dev/nvidia0", "/dev/nvidiactl"]
    assert shown == [*devices, "/sys/bus/pci", "/sys/devices/pci0000:00"]
