"""The stated environment: every variable a step sees, the same wherever it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from restrike.worker import seal

_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMEXPR_MAX_THREADS",
    "NUMBA_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "RAYON_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",  # what joblib takes n_jobs=-1 for; without it, the machine's cores would be an input
    "PYTHON_CPU_COUNT",
)
# numpy takes a list that depends on its version, and warns of what it does not know: the worker sets it from this.
_PORTABLE = {
    "RESTRIKE_NUMERIC": "portable",
    "OPENBLAS_CORETYPE": "Haswell",
    "MKL_CBWR": "AVX2",
    "ARROW_USER_SIMD_LEVEL": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
}
_FIXED = {
    "PATH": "/env/bin:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
    "HOME": seal.HOME,
    "TMPDIR": "/tmp",
}
_COMMON = {
    "USER": "restrike",
    "LOGNAME": "restrike",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "SOURCE_DATE_EPOCH": "315532800",  # 1980-01-01, the earliest that a zip archive can hold
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "1",
    "PYTHONUNBUFFERED": "1",  # a command's output is to be live, too
    "PYTHONUTF8": "1",
    "MPLBACKEND": "Agg",
    "OMP_DYNAMIC": "FALSE",
    "MKL_DYNAMIC": "FALSE",  # as many threads as stated, also on a machine with fewer cores
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
    "TERM": "dumb",
    "NO_COLOR": "1",
}


def stated(profile: Literal["portable", "native"], threads: int, passed: Mapping[str, str]) -> dict[str, str]:
    """Return a step's whole environment. What is passed wins, save over the seal's own PATH, HOME and TMPDIR."""
    given = {**_COMMON, **dict.fromkeys(_THREADS, str(threads))}
    if profile == "portable":
        given |= _PORTABLE
    return {**given, **passed, **_FIXED}
