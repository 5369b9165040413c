"""The portable numeric profile where it depends on what is installed: the instruction sets numpy is to leave alone."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import MutableMapping

PROFILE, DISABLED = "RESTRIKE_NUMERIC", "NPY_DISABLE_CPU_FEATURES"
_BEFORE_2_3 = "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL"
_IN_2_3 = _BEFORE_2_3 + " AVX512_SPR"
_SINCE_2_4 = "X86_V4 AVX512_ICL AVX512_SPR"


def settle(variables: MutableMapping[str, str]) -> None:
    """Have numpy, imported later, use nothing beyond AVX2 if the profile is portable and nobody has said otherwise."""
    if variables.get(PROFILE) != "portable" or DISABLED in variables or os.uname().machine != "x86_64":
        return
    version = _numpy_version()
    if version is not None:
        variables[DISABLED] = beyond_avx2(version)


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
