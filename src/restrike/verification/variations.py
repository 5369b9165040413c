"""What `restrike check` varies, one thing at a time: each with how it is done and what to do about a step that minds.

A variation has one or more settings; each is an execution of its own, in a sandbox of its own.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from restrike.execution.materials import Sealed
from restrike.execution.sandbox import ORDINARY, Disguise
from restrike.records.recorded import RecordedRun
from restrike.worker import numeric

QUICK = ("repeat", "hash seed", "threads")
DAY = 86_400.0


@dataclass(frozen=True)
class Setting:
    """One way of executing a step otherwise; `changes` tells it to a person."""

    changes: str
    variables: Mapping[str, str] = field(default_factory=dict)
    disguise: Disguise = ORDINARY
    perturb: Mapping[str, Any] = field(default_factory=dict)  # done by the worker: docs/design/check.md

    def applied(self, sealed: Sealed) -> Sealed:
        """Return what a step is sealed in under this setting, in a fresh interpreter: nothing is preloaded."""
        return replace(
            sealed,
            steps=(),
            variables={**sealed.variables, **self.variables},
            disguise=self.disguise,
            perturb=dict(self.perturb),
        )


@dataclass(frozen=True)
class Variation:
    """One thing that could bear on a result and should not."""

    name: str
    settings: tuple[Setting, ...]
    advice: str
    functions_only: bool = False  # a command cannot be varied so


@dataclass(frozen=True)
class LeftOut:
    """A variation that was not tried, and why."""

    variation: str
    why: str

    def document(self) -> dict[str, str]:
        return {"variation": self.variation, "why": self.why}


def repeat(times: int) -> Variation:
    """Return the variation that varies nothing."""
    return Variation(
        "repeat",
        (Setting("nothing"),) * times,
        "the step gives another result each time: seed its generators, and keep clock, host and addresses out of it",
    )


def catalogue(recorded: RecordedRun, times: int, *, quick: bool) -> tuple[list[Variation], list[LeftOut]]:
    """Return the variations that this machine can try on a run, and those that it cannot."""
    tried: list[Variation] = [repeat(times)]
    left_out: list[LeftOut] = []
    for found in _every(recorded):
        if isinstance(found, LeftOut):
            left_out.append(found)
        else:
            tried.append(found)
    if quick:
        return [item for item in tried if item.name in QUICK], []
    return tried, left_out


def _every(recorded: RecordedRun) -> Iterator[Variation | LeftOut]:
    variables = recorded.recipe["variables"]
    yield hash_seed(variables)
    yield threads(variables, int(recorded.recipe["numeric"]["threads"]))
    yield _blas_kernel(recorded)
    yield _numpy_dispatch(recorded)
    yield _time_zone()
    yield _locale(variables)
    yield _user()
    yield _cores()
    yield _malloc()
    yield _listing()
    yield _global_state()
    yield _clock()


def hash_seed(variables: Mapping[str, str]) -> Variation:
    now = variables.get("PYTHONHASHSEED", "0")
    others = [seed for seed in ("1", "2", "3") if seed != now][:2]
    return Variation(
        "hash seed",
        tuple(Setting(f"PYTHONHASHSEED={seed} instead of {now}", {"PYTHONHASHSEED": seed}) for seed in others),
        "a set of strings is gone through in hash order, or hash() is used: sort it first (`sorted(names)`), "
        "or use `dict.fromkeys(...)`, which keeps order",
    )


def threads(variables: Mapping[str, str], now: int) -> Variation:
    """Return the variation of how many threads libraries start."""
    names = [name for name in variables if name.endswith(("_THREADS", "_CPU_COUNT")) and variables[name].isdigit()]
    counts = [count for count in (1, 2 * now) if count != now]
    return Variation(
        "threads",
        tuple(Setting(f"{_counted(count)} instead of {now}", dict.fromkeys(names, str(count))) for count in counts),
        "the result depends on the number of threads: give the library one (`n_jobs=1`), or its deterministic mode, "
        "or keep `numeric: {threads: ...}` as it is",
    )


def _counted(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def _blas_kernel(recorded: RecordedRun) -> Variation | LeftOut:
    name = "BLAS kernel"
    if recorded.environment["arch"] != "x86_64":
        return LeftOut(name, "kernels are only known for x86-64")
    if not {"numpy", "scipy", "torch"} & set(recorded.environment["distributions"]):
        return LeftOut(name, "no numeric library in the environment")
    now = recorded.recipe["variables"].get("OPENBLAS_CORETYPE", "the machine's own")
    return Variation(
        name,
        (
            Setting(
                f"OPENBLAS_CORETYPE=Nehalem instead of {now}, MKL_CBWR=COMPATIBLE",
                {"OPENBLAS_CORETYPE": "Nehalem", "MKL_CBWR": "COMPATIBLE"},
            ),
        ),
        "linear algebra has other last bits with other kernels: keep `numeric: {profile: portable}`, which pins one, "
        "and round before you compare or branch",
    )


def _numpy_dispatch(recorded: RecordedRun) -> Variation | LeftOut:
    name = "numpy dispatch"
    version = recorded.environment["distributions"].get("numpy", {}).get("version")
    if version is None or recorded.environment["arch"] != "x86_64":
        return LeftOut(name, "no numpy for x86-64 in the environment")
    major, minor = (int(part) for part in version.split(".")[:2])
    disabled = numeric.beyond_baseline((major, minor))
    return Variation(
        name,
        (Setting("numpy without AVX2 and beyond", {numeric.DISABLED: disabled}),),
        "exp, log and sums of numpy have other last bits with other instructions: keep `numeric: {profile: portable}`, "
        "and round before you compare or branch",
    )


def _time_zone() -> Variation:
    known = os.path.exists("/usr/share/zoneinfo/Pacific/Kiritimati")
    zone = "Pacific/Kiritimati" if known else "<+14>-14"
    return Variation(
        "time zone",
        (Setting(f"TZ={zone} (14 h ahead)", {"TZ": zone}),),
        "a local time reaches the result: use aware times, `datetime.fromtimestamp(t, tz=timezone.utc)`",
    )


def _locale(variables: Mapping[str, str]) -> Variation:
    now = variables.get("LC_ALL") or variables.get("LANG") or "none"
    other = next((name for name in _locales() if name.casefold() != now.casefold().replace("-", "")), "C")
    return Variation(
        "locale",
        (Setting(f"LC_ALL={other} instead of {now}", {"LANG": other, "LC_ALL": other}),),
        "formats, sorting or a program that is started follow the locale: say which (`sort` with `LC_ALL=C.UTF-8`), "
        "or use functions that do not ask for it",
    )


def _locales() -> list[str]:
    """Return the machine's locales that differ from plain C in more than the encoding."""
    try:
        done = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    return [name for name in done.stdout.split() if "_" in name and "utf8" in name.casefold().replace("-", "")]


def _user() -> Variation:
    name = "somebody"
    return Variation(
        "user",
        (Setting(f"user {name}", {"USER": name, "LOGNAME": name}, Disguise(user=name)),),
        "the name of the user reaches the result: pass what you need as a parameter",
    )


def _cores() -> Variation | LeftOut:
    available = len(os.sched_getaffinity(0))
    if available < 2:
        return LeftOut("cores", "this machine has only one")
    return Variation(
        "cores",
        (Setting(f"1 core instead of {available}", {}, Disguise(cores=1)),),
        "the number of cores reaches the result: take it from a parameter, or from OMP_NUM_THREADS, which is recorded",
    )


def _malloc() -> Variation:
    variables = {"MALLOC_PERTURB_": "165", "MALLOC_ARENA_MAX": "1", "PYTHONMALLOC": "malloc"}
    return Variation(
        "memory",
        (Setting("fresh memory filled with other bytes", variables),),
        "memory is read before it is written: `numpy.empty` or a library's bug; use `numpy.zeros`",
    )


def _listing() -> Variation:
    return Variation(
        "listing order",
        (Setting("folders listed the other way round", perturb={"listing": "reversed"}),),
        "files are taken in the order in which the file system lists them: sort, `sorted(folder.iterdir())`",
    )


def _global_state() -> Variation:
    return Variation(
        "global generators",
        (Setting("random, numpy and torch seeded otherwise", perturb={"global_seed": 1_000_003}),),
        "the step draws from a global generator: take `seed` as a parameter and make one of your own, "
        "`random.Random(seed)` or `numpy.random.default_rng(seed)`",
        functions_only=True,
    )


def _clock() -> Variation:
    return Variation(
        "clock",
        (Setting("400 days and 5 hours later", perturb={"shift": 400 * DAY + 18_000}),),
        "the time of the execution reaches the result: pass the date as a parameter",
    )
