from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from restrike.environment import machine, whose
from restrike.environment.conditions import cpu, gpu, of


def test_the_machine_is_described_without_starting_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))
    monkeypatch.setenv("LC_NUMERIC", "de_DE.UTF-8")
    found = machine()
    assert found["cores"] >= 1
    assert found["cpu"]["model"]
    assert found["locale"]["LC_NUMERIC"] == "de_DE.UTF-8"
    assert found["uv"] is None or re.match(r"\d+\.\d+", found["uv"])
    json.dumps(found)


def test_model_and_flags_are_those_of_the_first_processor(tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text(
        "processor\t: 0\nmodel name\t: Some CPU @ 2GHz\nflags\t\t: sse avx2 avx\n\nprocessor\t: 1\nflags\t: x\n"
    )
    assert (cpu(info)["model"], cpu(info)["flags"]) == ("Some CPU @ 2GHz", ["avx", "avx2", "sse"])
    info.write_text("processor\t: 0\nFeatures\t: fp asimd\n")
    assert cpu(info)["flags"] == ["asimd", "fp"]
    assert cpu(tmp_path / "gone")["flags"] == []


def test_a_gpu_is_described_by_driver_and_model(tmp_path: Path) -> None:
    assert gpu(tmp_path) is None
    (tmp_path / "version").write_text(
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.15  Release Build\nGCC version: 12\n"
    )
    card = tmp_path / "gpus" / "0000:01:00.0"
    card.mkdir(parents=True)
    (card / "information").write_text("Model: \t\t NVIDIA H100 80GB HBM3\nIRQ: 1\n")
    assert gpu(tmp_path) == {"driver": "550.54.15", "models": ["NVIDIA H100 80GB HBM3"]}


def test_numpys_blas_library_is_found(venv: Callable[..., Path], project: Path) -> None:
    found = of(whose(project, str(venv("venv", "numpy"))))
    assert any("openblas" in name for name in found["libraries"])
    assert re.fullmatch("[0-9a-f]{64}", found["executable"]["sha256"])
