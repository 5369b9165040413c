"""What makes names impossible to follow by reading, and how far each such feature reaches.

A name counts only where it resolves outside the project: `torch_model.eval()` and one's own function `compile` are
nobody's concern.
"""

from __future__ import annotations

from typing import NamedTuple

OWN = "own"  # sees all names of its own module
ALL = "all"  # may lead to any module that is loaded
TEXT = "text"  # sees the text of the source, down to its layout


class Feature(NamedTuple):
    """`reflects`: even where its function is not reached, its own module is not taken apart."""

    scope: str
    says: str
    reflects: bool = False


_OWN = "reads {}"
_RUNS = "calls {}"

# By dotted name outside the project: the name itself and all below it. The longest match decides; None is harmless.
BY_NAME: dict[str, Feature | None] = {
    "builtins.compile": Feature(ALL, _RUNS, True),
    "builtins.eval": Feature(ALL, _RUNS, True),
    "builtins.exec": Feature(ALL, _RUNS, True),
    "builtins.__import__": Feature(ALL, "calls {} with a computed name"),
    "builtins.dir": Feature(OWN, _RUNS, True),
    "builtins.globals": Feature(OWN, _OWN, True),
    "builtins.locals": Feature(OWN, _OWN, True),
    "builtins.vars": Feature(OWN, _OWN, True),
    "importlib": Feature(ALL, "uses {}"),
    "importlib.import_module": Feature(ALL, "calls {} with a computed name"),
    "importlib.metadata": None,
    "importlib.resources": None,
    "imp": Feature(ALL, "uses {}"),
    "zipimport": Feature(ALL, "uses {}"),
    "pkgutil": Feature(ALL, "uses {}"),
    "runpy": Feature(ALL, "uses {}"),
    "site": Feature(ALL, "uses {}"),
    "code": Feature(ALL, "uses {}"),
    "codeop": Feature(ALL, "uses {}"),
    "pdb": Feature(ALL, "uses {}"),
    "doctest": Feature(TEXT, "uses {}"),
    "sys.modules": Feature(ALL, _OWN, True),
    "sys.path": Feature(ALL, _OWN),
    "sys.meta_path": Feature(ALL, _OWN),
    "sys.path_hooks": Feature(ALL, _OWN),
    "sys.path_importer_cache": Feature(ALL, _OWN),
    "sys._getframe": Feature(TEXT, _RUNS, True),
    "sys._current_frames": Feature(TEXT, _RUNS, True),
    "sys.setprofile": Feature(TEXT, _RUNS, True),
    "sys.settrace": Feature(TEXT, _RUNS, True),
    "sys.monitoring": Feature(TEXT, "uses {}", True),
    "gc.get_objects": Feature(ALL, _RUNS, True),
    "gc.get_referents": Feature(ALL, _RUNS, True),
    "gc.get_referrers": Feature(ALL, _RUNS, True),
    "inspect": Feature(TEXT, "uses {}", True),
    "dis": Feature(TEXT, "uses {}", True),
    "linecache": Feature(TEXT, "uses {}", True),
    "tokenize": Feature(TEXT, "uses {}", True),
    "timeit": Feature(ALL, "uses {}"),
    "pickle": Feature(ALL, "loads objects by {}"),
    "_pickle": Feature(ALL, "loads objects by {}"),
    "cPickle": Feature(ALL, "loads objects by {}"),
    "dill": Feature(ALL, "loads objects by {}"),
    "cloudpickle": Feature(ALL, "loads objects by {}"),
    "shelve": Feature(ALL, "loads objects by {}"),
    "marshal": Feature(ALL, "loads objects by {}"),
    "jsonpickle": Feature(ALL, "loads objects by {}"),
    "joblib.load": Feature(ALL, _RUNS),
    "torch.load": Feature(ALL, _RUNS),
    "torch.jit.load": Feature(ALL, _RUNS),
    "skops.io.load": Feature(ALL, _RUNS),
    "skops.io.loads": Feature(ALL, _RUNS),
    "pandas.read_pickle": Feature(ALL, _RUNS),
    "yaml.load": Feature(ALL, _RUNS),
    "yaml.load_all": Feature(ALL, _RUNS),
    "yaml.full_load": Feature(ALL, _RUNS),
    "yaml.unsafe_load": Feature(ALL, _RUNS),
    "subprocess": Feature(ALL, "starts programs by {}"),
    "pty": Feature(ALL, "starts programs by {}"),
    "os.system": Feature(ALL, "starts programs by {}"),
    "os.popen": Feature(ALL, "starts programs by {}"),
    "os.startfile": Feature(ALL, "starts programs by {}"),
    **{
        f"os.{name}": Feature(ALL, "starts programs by {}")
        for name in (
            *("execl", "execle", "execlp", "execlpe", "execv", "execve", "execvp", "execvpe"),
            *("spawnl", "spawnle", "spawnlp", "spawnlpe", "spawnv", "spawnve", "spawnvp", "spawnvpe"),
            *("posix_spawn", "posix_spawnp"),
        )
    },
    "asyncio.create_subprocess_exec": Feature(ALL, "starts programs by {}"),
    "asyncio.create_subprocess_shell": Feature(ALL, "starts programs by {}"),
    "multiprocessing.reduction": Feature(ALL, "loads objects by {}"),
    "ctypes.pythonapi": Feature(TEXT, "uses {}", True),
    "ctypes.PyDLL": Feature(TEXT, "uses {}", True),
    "ctypes.py_object": Feature(TEXT, "uses {}", True),
    # These look names up in the frame of their caller.
    "duckdb": Feature(OWN, "gives {} its names"),
    "formulaic": Feature(OWN, "gives {} its names"),
    "numexpr": Feature(OWN, "gives {} its names"),
    "pandas.eval": Feature(OWN, "gives {} its names"),
    "pandasql": Feature(OWN, "gives {} its names"),
    "patsy": Feature(OWN, "gives {} its names"),
    "polars.SQLContext": Feature(OWN, "gives {} its names"),
    "polars.sql": Feature(OWN, "gives {} its names"),
    "statsmodels.formula": Feature(OWN, "gives {} its names"),
    "varname": Feature(TEXT, "uses {}", True),
}
# What is asked of a function or class at hand is harmless: the code that names it is counted with it.
BY_NAME |= {
    f"inspect.{name}": None
    for name in (
        *("Parameter", "Signature", "signature", "cleandoc", "getdoc", "getattr_static", "unwrap", "getmro"),
        *("isabstract", "isasyncgenfunction", "isawaitable", "isbuiltin", "isclass", "iscoroutine"),
        *("iscoroutinefunction", "isdatadescriptor", "isfunction", "isgenerator", "isgeneratorfunction", "ismethod"),
        *("ismethoddescriptor", "isroutine"),
    )
}
# Writing is harmless; what is written carries no code of the project.
BY_NAME |= {
    f"{module}.{name}": None
    for module in ("pickle", "_pickle", "dill", "cloudpickle", "marshal")
    for name in ("dump", "dumps", "Pickler", "HIGHEST_PROTOCOL", "DEFAULT_PROTOCOL", "PickleError", "PicklingError")
}
BY_NAME |= {f"subprocess.{name}": None for name in ("CalledProcessError", "PIPE", "DEVNULL", "TimeoutExpired")}
BY_NAME |= {f"yaml.{name}": None for name in ("safe_load", "dump", "safe_dump")}

# Modules that must not be handed around as values: what is then asked of them cannot be seen.
HELD = frozenset({"sys", "os", "gc", "ctypes", "importlib", "builtins", "inspect", "pickle", "subprocess"})

# Attributes of whatever object, and the same written as texts (for `getattr`).
BY_ATTRIBUTE: dict[str, Feature] = {
    **{
        name: Feature(ALL, "reads {}", True)
        for name in ("__builtins__", "__globals__", "__loader__", "__path__", "__spec__", "__subclasses__")
    },
    **{
        name: Feature(TEXT, "reads {}", True)
        for name in (
            *("__code__", "__traceback__", "co_firstlineno", "co_lines", "f_back", "f_builtins", "f_code", "f_globals"),
            *("f_lineno", "f_locals", "gi_frame", "cr_frame", "ag_frame", "tb_frame", "tb_lineno", "tb_next"),
            *("findCaller", "formatwarning", "lineno", "showwarning"),
        )
    },
    "read_pickle": Feature(ALL, "calls {}"),
    "allow_pickle": Feature(ALL, "loads objects with {}"),
    "(record)": Feature(TEXT, "keeps warnings, which tell lines,", True),
    "(lines)": Feature(TEXT, "logs lines", True),
    "(query)": Feature(OWN, "puts a computed text to query() or eval()", True),
}

# Parts of names by which a suspicious reference is told before anything is resolved.
WORDS = frozenset({name.rpartition(".")[2] for name, feature in BY_NAME.items() if feature} | {"__dict__"})


def of_name(path: str) -> Feature | None:
    """Return the feature of a dotted name outside the project."""
    if path.removesuffix(".__dict__") in HELD:
        return BY_NAME.get(path) or Feature(ALL, "hands {} around", True)
    while path:
        if path in BY_NAME:
            return BY_NAME[path]
        path = path.rpartition(".")[0]
    return None
