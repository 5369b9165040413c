"""Variations of what does arithmetic: how many threads, and with which instructions of the processor."""

from __future__ import annotations

from collections.abc import Mapping

from restrike.records.recorded import RecordedRun
from restrike.verification.setting import LeftOut, Setting, Variation
from restrike.worker import numeric

PORTABLE = "numeric: portable"
DECLARED = "numeric: threads"
KERNEL = "BLAS kernel"
DISPATCH = "numpy dispatch"


def threads(variables: Mapping[str, str], now: int, *, declared: bool = False) -> Variation:
    """Return the variation of how many threads libraries start."""
    names = [name for name in variables if name.endswith(("_THREADS", "_CPU_COUNT")) and variables[name].isdigit()]
    counts = [count for count in (1, 2 * now) if count != now]
    return Variation(
        "threads",
        tuple(Setting(f"{_counted(count)} instead of {now}", dict.fromkeys(names, str(count))) for count in counts),
        "the result depends on the number of threads: give the library one (`n_jobs=1`), or its deterministic mode "
        "(LightGBM: `deterministic=True, force_row_wise=True`), or state the number, `numeric: {threads: N}`",
        held_by=DECLARED if declared else None,
    )


def _counted(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def blas_kernel(recorded: RecordedRun) -> Variation | LeftOut:
    if recorded.environment["arch"] != "x86_64":
        return LeftOut(KERNEL, "kernels are only known for x86-64")
    if not {"numpy", "scipy", "torch"} & set(recorded.environment["distributions"]):
        return LeftOut(KERNEL, "no numeric library in the environment")
    now = recorded.recipe["variables"].get("OPENBLAS_CORETYPE", "the machine's own")
    changes = f"OPENBLAS_CORETYPE=Nehalem instead of {now}, MKL_CBWR=COMPATIBLE"
    variables = {"OPENBLAS_CORETYPE": "Nehalem", "MKL_CBWR": "COMPATIBLE"}
    return Variation(
        KERNEL, (Setting(changes, variables),), _advice(recorded, "linear algebra"), held_by=_held(recorded)
    )


def numpy_dispatch(recorded: RecordedRun) -> Variation | LeftOut:
    version = recorded.environment["distributions"].get("numpy", {}).get("version")
    if version is None or recorded.environment["arch"] != "x86_64":
        return LeftOut(DISPATCH, "no numpy for x86-64 in the environment")
    major, minor = (int(part) for part in version.split(".")[:2])
    setting = Setting("numpy without AVX2 and beyond", {numeric.DISABLED: numeric.beyond_baseline((major, minor))})
    return Variation(DISPATCH, (setting,), _advice(recorded, "exp, log and sums of numpy"), held_by=_held(recorded))


def _held(recorded: RecordedRun) -> str | None:
    """Return what keeps the instructions the same on every machine, None where nothing does."""
    return PORTABLE if recorded.recipe["variables"].get(numeric.PROFILE) == "portable" else None


def _advice(recorded: RecordedRun, what: str) -> str:
    moved = f"{what} have" if what.endswith("numpy") else f"{what} has"
    if _held(recorded):
        return f"{moved} other last bits with other instructions; `numeric: portable`, which you have, pins them"
    return (
        f"{moved} other last bits on other processors: say `numeric: {{profile: portable}}`, which pins instructions, "
        "or round before you compare or branch"
    )
