"""What `restrike check` varies, one thing at a time: each with how it is done and what to do about a step that minds.

A variation has one or more settings; each is an execution of its own, in a sandbox of its own.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping

from restrike.execution.sandbox import Disguise
from restrike.records.recorded import RecordedRun
from restrike.verification.elsewhere import OTHER_HOME, OTHER_PROJECT, Places
from restrike.verification.kernels import blas_kernel, numpy_dispatch, threads
from restrike.verification.setting import LeftOut, Setting, Variation

QUICK = ("repeat", "hash seed", "threads")
DAY = 86_400.0
MORE_CORES = (8, 16)  # the first that the machine has not


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
    declared = recorded.config["document"]["numeric"]["threads"] is not None
    yield threads(variables, int(recorded.recipe["numeric"]["threads"]), declared=declared)
    yield blas_kernel(recorded)
    yield numpy_dispatch(recorded)
    yield _time_zone()
    yield _locale(variables)
    yield _user()
    yield _home()
    yield _working_directory()
    yield _cores()
    yield _malloc()
    yield _addresses()
    yield _listing()
    yield _global_state()
    yield _clock()
    yield _step_order()


def hash_seed(variables: Mapping[str, str]) -> Variation:
    now = variables.get("PYTHONHASHSEED", "0")
    others = [seed for seed in ("1", "2", "3") if seed != now][:2]
    return Variation(
        "hash seed",
        tuple(Setting(f"PYTHONHASHSEED={seed} instead of {now}", {"PYTHONHASHSEED": seed}) for seed in others),
        "a set of strings is gone through in hash order, or hash() is used: sort it first (`sorted(names)`), "
        "or use `dict.fromkeys(...)`, which keeps order",
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


def _home() -> Variation:
    places = Places(home=OTHER_HOME)
    return Variation(
        "home",
        (Setting(f"the home at {OTHER_HOME}", {"HOME": OTHER_HOME}, Disguise(home=OTHER_HOME), places=places),),
        "the path of the home folder reaches the result: leave it out, or pass what you need as a parameter",
    )


def _working_directory() -> Variation:
    return Variation(
        "working directory",
        (Setting(f"the project at {OTHER_PROJECT}", places=Places(project=OTHER_PROJECT)),),
        "where the project lies reaches the result: keep paths relative to it, `path.relative_to(Path.cwd())`, "
        "or keep their names alone",
    )


def _cores() -> Variation:
    available = len(os.sched_getaffinity(0))
    fewer = [Setting(f"1 core to use instead of {available}", disguise=Disguise(cores=1))] if available > 1 else []
    counted = os.cpu_count() or 1
    count = next(count for count in MORE_CORES if count != counted)
    more = Setting(f"{count} cores in the machine instead of {counted}", disguise=Disguise(online=count))
    return Variation(
        "cores",
        (*fewer, more),
        "the number of cores reaches the result: take it from a parameter, or from OMP_NUM_THREADS, which is recorded",
    )


def _malloc() -> Variation:
    variables = {"MALLOC_PERTURB_": "165", "MALLOC_ARENA_MAX": "1", "PYTHONMALLOC": "malloc"}
    return Variation(
        "memory",
        (Setting("fresh memory filled with other bytes", variables),),
        "memory is read before it is written: `numpy.empty` or a library's bug; use `numpy.zeros`",
    )


def _addresses() -> Variation:
    return Variation(
        "addresses",
        (Setting("memory laid out without chance", disguise=Disguise(fixed_addresses=True)),),
        "where things lie in memory reaches the result, by `id()`, by default hash or repr: use a value of theirs",
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


def _step_order() -> Variation:
    return Variation(
        "step order",
        (Setting("the steps in the other order, two at a time", together=True),),
        "the step gets something from another one that is no input of it, or they get in each other's way: make it an "
        "input, and give each step files of its own",
    )
