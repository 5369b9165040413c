"""The numeric profile where it depends on what is installed, and what numeric libraries have chosen by themselves."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Mapping, MutableMapping

from restrike.worker import blas

PROFILE, DISABLED = "RESTRIKE_NUMERIC", "NPY_DISABLE_CPU_FEATURES"
_BEFORE_2_3 = "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL"
_IN_2_3 = _BEFORE_2_3 + " AVX512_SPR"
_SINCE_2_4 = "X86_V4 AVX512_ICL AVX512_SPR"


def settle(variables: MutableMapping[str, str]) -> None:
    """Have BLAS, loaded later, use the stated threads, and numpy nothing beyond AVX2 if the profile is portable."""
    blas.hold_threads(variables)
    if variables.get(PROFILE) != "portable" or DISABLED in variables or os.uname().machine != "x86_64":
        return
    version = _numpy_version()
    if version is not None:
        variables[DISABLED] = beyond_avx2(version)


def chosen(variables: Mapping[str, str]) -> list[str]:
    """Return a note of the instructions that libraries chose by themselves: none where the profile pins them."""
    if variables.get(PROFILE) == "portable" or "numpy" not in sys.modules:
        return []
    numpy = sys.modules.get("numpy._core._multiarray_umath") or sys.modules.get("numpy.core._multiarray_umath")
    features = getattr(numpy, "__cpu_features__", {})
    widest = [name for name in getattr(numpy, "__cpu_dispatch__", ()) if features.get(name)][-1:]
    told = [f"OpenBLAS {kernel} kernels" for kernel in sorted(blas.kernels())]
    told += [f"numpy's code for {name}" for name in widest]
    return [f"numeric: native used {', '.join(told)}"] if told else []


def beyond_avx2(version: tuple[int, int]) -> str:
    """Return what numpy of a version dispatches to beyond AVX2, in its own words; it warns of unknown ones."""
    if version < (2, 3):
        return _BEFORE_2_3
    return _IN_2_3 if version < (2, 4) else _SINCE_2_4


def beyond_baseline(version: tuple[int, int]) -> str:
    """Return all that numpy of a version dispatches to beyond what every machine of x86-64 has."""
    if version < (2, 4):
        return "AVX F16C FMA3 AVX2 " + beyond_avx2(version)
    return "X86_V3 " + _SINCE_2_4


def _numpy_version() -> tuple[int, int] | None:
    spec = importlib.util.find_spec("numpy")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        try:
            with open(os.path.join(folder, "version.py"), encoding="utf-8") as stream:
                found = re.search(r"""version\s*=\s*["'](\d+)\.(\d+)""", stream.read())
        except OSError:
            continue
        if found:
            return int(found[1]), int(found[2])
    return None
