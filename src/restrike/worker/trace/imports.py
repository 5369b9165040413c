"""What the import system is asked for: names that nothing was found for, modules handed out by name, arrivals."""

from __future__ import annotations

import sys

from restrike.worker.trace import places as whose
from restrike.worker.trace.places import Places
from restrike.worker.trace.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType, ModuleType
    from typing import Any

    Execute = Callable[[ModuleType], None]
    Around = Callable[[Execute, ModuleType], None]

# A frame of this name is passed over wherever Python passes over its own import system: in tracebacks, in warnings.
_AS_IF_FROZEN = "<frozen importlib._bootstrap>"


class Imports:
    """Observes imports for the rest of this process; in a zygote, from before anything was imported."""

    def __init__(self, record: Record):
        self.record = record
        self.places: Places | None = None  # of a project, from when there is one
        self.arrivals = Arrivals()
        self._last = _Last(record)
        self._elsewhere: set[str] = set()

    def begin(self) -> None:
        sys.meta_path.insert(0, self.arrivals)
        sys.meta_path.append(self._last)
        import builtins

        original = builtins.__import__

        def get(
            name: str, globals: Any = None, locals: Any = None, fromlist: Sequence[str] | None = (), level: int = 0
        ) -> ModuleType:
            module: ModuleType = original(name, globals, locals, fromlist, level)
            if not level and name not in self._elsewhere:
                self._hand_out(name, fromlist, sys._getframe().f_back)
            return module

        get.__code__ = get.__code__.replace(co_filename=_AS_IF_FROZEN, co_name="_call_with_frames_removed")
        get.__name__ = get.__qualname__ = "__import__"
        get.__module__, get.__doc__ = "builtins", original.__doc__
        builtins.__import__ = get
        self.arrivals.expect("importlib", then(self._watch_by_name))
        self.arrivals.expect("importlib.metadata", then(self._watch_metadata))
        self.arrivals.expect("importlib_metadata", then(self._watch_metadata))

    def _watch_by_name(self, importlib: Any) -> None:
        by_name = importlib.import_module

        def import_module(name: str, package: str | None = None) -> ModuleType:
            module: ModuleType = by_name(name, package)
            if name not in self._elsewhere:
                self._hand_out(module.__name__, (), sys._getframe().f_back)
            return module

        import_module.__module__, import_module.__doc__ = by_name.__module__, by_name.__doc__
        importlib.import_module = import_module

    def is_whole(self) -> bool:
        """Tell whether nobody has taken the observers away."""
        return self.arrivals in sys.meta_path and self._last in sys.meta_path

    def forget(self) -> None:
        """Look at modules anew that a zygote took for nobody's."""
        self._elsewhere.clear()

    def _hand_out(self, name: str, parts: Sequence[str] | None, frame: FrameType | None) -> None:
        if self.places is None or frame is None:
            return
        module = sys.modules.get(name)
        if module is None:
            return
        if not self._is_first_party(module):
            self._elsewhere.add(name)
            return
        kind = self.places.kind(frame.f_code.co_filename)
        if kind in (whose.OWN, whose.IMPORTING, whose.TEXT) or frame.f_globals.get("__name__") == _BINDING:
            return
        self.record.note("handed", name)
        for part in parts or ():
            if f"{name}.{part}" in sys.modules:
                self.record.note("handed", f"{name}.{part}")

    def _is_first_party(self, module: ModuleType) -> bool:
        members = getattr(module, "__dict__", None)
        if not isinstance(members, dict) or self.places is None:
            return False
        file = members.get("__file__")
        if isinstance(file, str):
            return file.startswith(self.places.project)
        return any(str(place).startswith(self.places.project) for place in members.get("__path__") or ())

    def _watch_metadata(self, module: ModuleType) -> None:
        finder = getattr(module, "MetadataPathFinder", None)
        if finder is None:
            return
        original = finder.find_distributions

        def find_distributions(*given: Any, **named: Any) -> Any:
            context = given[0] if given else named.get("context")
            name = getattr(context, "name", None)
            self.record.note("metadata", name if isinstance(name, str) else _listed(sys._getframe().f_back))
            return original(*given, **named)

        finder.find_distributions = staticmethod(find_distributions)


def _listed(frame: FrameType | None) -> str:
    """Return what was listed of all that is installed: entry points alone, which few packages have, or anything."""
    while frame is not None and str(frame.f_globals.get("__name__")).startswith(_METADATA):
        if frame.f_code.co_name == "entry_points":
            return ENTRY_POINTS
        frame = frame.f_back
    return "all"


ENTRY_POINTS = "entry points"
_METADATA = ("importlib.", "importlib_metadata")
_BINDING = "restrike.worker.binding"  # asks for the step's own function, which the step declares


class _Last:
    """A finder that is asked last, and so for names that nobody else has found."""

    def __init__(self, record: Record):
        self._record = record

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        self._record.note("absent", name)


class Arrivals:
    """A finder that finds nothing itself, but has functions called around the execution of certain modules."""

    def __init__(self) -> None:
        self._expected: dict[str, list[Around]] = {}

    def expect(self, name: str, around: Around) -> None:
        """Have a function called around a module's execution; at once, around nothing, if it is here already."""
        if name in sys.modules:
            around(_nothing, sys.modules[name])
        else:
            self._expected.setdefault(name, []).append(around)

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        if name not in self._expected:
            return None
        around = self._expected.pop(name)
        spec = _found_by_others(self, name, path, target)
        if spec is None or spec.loader is None or not hasattr(spec.loader, "exec_module"):
            return spec
        execute = spec.loader.exec_module
        for function in around:
            execute = _within(function, execute)
        try:
            spec.loader.exec_module = execute  # of this one instance, for this one module
        except AttributeError:  # a loader that is a class, as of frozen modules; its module can be told no other way
            spec.loader = _Within(spec.loader, execute)
        return spec


class _Within:
    def __init__(self, loader: Any, execute: Execute):
        self._loader, self.exec_module = loader, execute

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


def _found_by_others(asking: object, name: str, path: Any, target: Any) -> Any:
    for finder in list(sys.meta_path):
        if finder is not asking and hasattr(finder, "find_spec"):
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                return spec
    return None


def _within(around: Around, execute: Execute) -> Execute:
    def run(module: ModuleType) -> None:
        around(execute, module)

    return run


def _nothing(module: ModuleType) -> None:
    pass


def then(after: Execute) -> Around:
    """Return what calls a function once a module has been executed."""

    def run(execute: Execute, module: ModuleType) -> None:
        execute(module)
        after(module)

    return run


def observed_arrivals() -> Arrivals:
    """Return arrivals of this process, seen from now on."""
    arrivals = Arrivals()
    sys.meta_path.insert(0, arrivals)
    return arrivals
