"""The process that steps are forked from: it imports, and never calls what it has imported.

It runs in namespaces of its own from its first instruction, has one thread and serves one socket. Steps forked from it
share what it has imported, and nothing else. When its socket closes, it ends, and as process 1 of its namespace it
takes every step with it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import pkgutil
import resource
import select
import signal
import socket
import sys
import warnings
from typing import TYPE_CHECKING, Any, NoReturn

from restrike.worker import kernel, numeric, seal, wire
from restrike.worker.trace.bundle import Bundle

if TYPE_CHECKING:
    from restrike.worker.tracing import Tracing


def main(channel: socket.socket) -> NoReturn:
    """Serve until the socket closes. The first message says what to import and how steps are sealed."""
    _be_careful()
    received = wire.receive(channel)
    if received is None:
        os._exit(1)
    order = wire.read(received[1][0])
    os.close(received[1][0])
    sys.path[:] = [order["engine"], *(place for place in sys.path[1:] if place != order["engine"])]
    numeric.settle(os.environ)
    tracing = _import_engine(order["engine"])
    failed = _preload(order["preload"])
    tracing.settle()
    sys.path_importer_cache.clear()  # every step does; what is freed here is not copied for each of them first
    gc.collect()
    gc.freeze()
    wire.send(channel, {"ready": sys.version.split()[0], "not_preloaded": failed, "cpu": _cpu_seconds()})
    _Zygote(channel, order, tracing).serve()
    os._exit(0)


def _be_careful() -> None:
    kernel.die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as stream:
        stream.write("300")  # where memory runs out, the step is to be ended, not the user's session


def _import_engine(engine: str) -> Tracing:
    """Import what steps need of us, and observe what is imported from then on."""
    with Bundle() as bundle:
        for room in ("base", "pipeline", "codecs", "evaluation", "training", "worker"):
            folder = os.path.join(engine, "restrike", room)
            for module in pkgutil.walk_packages([folder], f"restrike.{room}."):
                importlib.import_module(module.name)
    from restrike.worker.tracing import Tracing  # not before: the code of what it imports is to be kept

    tracing = Tracing(bundle.packed())
    tracing.watch_imports()
    return tracing


def _preload(names: list[str]) -> dict[str, str]:
    """Import modules of installed distributions; return why, for those that cannot be: the step will tell."""
    failed = {}
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001  # whatever a library raises here, the step that needs it will meet
            failed[name] = f"{type(error).__name__}: {error}"
    return failed


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class _Zygote:
    def __init__(self, channel: socket.socket, order: dict[str, Any], tracing: Tracing):
        self.channel, self.tracing = channel, tracing
        self.sealed: bool = order["sealed"]
        self.own_network: bool = order["own_network"]
        self.options: str = order["overlay_options"]
        self.roots: list[str] = order["import_roots"]
        self.engine: str = order["engine"]
        self.shared = seal.shared_with_steps(order["layout"])
        self.running: dict[int, tuple[int, int]] = {}  # descriptor of a process -> (number of the work, process id)
        self.poll = select.poll()
        self.poll.register(channel, select.POLLIN)
        self.pid_namespace = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC) if self.sealed else -1

    def serve(self) -> None:
        while True:
            for descriptor, _ in self.poll.poll():
                if descriptor in self.running:
                    self._ended(descriptor)
                elif not self._obey():
                    return

    def _obey(self) -> bool:
        received = wire.receive(self.channel)
        if received is None:
            self._end_all()
            return False
        message, descriptors = received
        if message["do"] == "execute":
            self._execute(message["work"], descriptors)
        else:
            for number, pid in self.running.values():
                if number == message["work"]:
                    self._kill(pid)
        for descriptor in descriptors:
            os.close(descriptor)
        return True

    def _execute(self, number: int, descriptors: list[int]) -> None:
        try:
            pid = self._fork()
        except OSError as error:
            wire.send(self.channel, {"ended": number, "refused": str(error)})
            return
        if pid == 0:
            from restrike.worker import process  # imported long since, with the engine

            how = process.Surroundings(
                sealed=self.sealed,
                own_network=self.own_network,
                overlay_options=self.options,
                shared=self.shared,
                import_roots=self.roots,
                engine=self.engine,
                tracing=self.tracing,
            )
            process.run(number, how, self.channel, *descriptors)
        handle = os.pidfd_open(pid)
        self.running[handle] = (number, pid)
        self.poll.register(handle, select.POLLIN)

    def _fork(self) -> int:
        if self.sealed:
            kernel.join(self.pid_namespace, kernel.NEW_PIDS)  # otherwise the second unshare is refused
            kernel.unshare(kernel.NEW_PIDS)
        with warnings.catch_warnings():
            # Preloaded libraries have threads of their own. A fork after import alone is safe; after use it is not.
            warnings.simplefilter("ignore", DeprecationWarning)
            return os.fork()

    def _ended(self, handle: int) -> None:
        number, pid = self.running.pop(handle)
        self.poll.unregister(handle)
        os.close(handle)
        _, status, usage = os.wait4(pid, 0)
        if not self.sealed:
            self._kill(pid)
        wire.send(
            self.channel,
            {
                "ended": number,
                "status": os.waitstatus_to_exitcode(status),
                "cpu": usage.ru_utime + usage.ru_stime,
                "rss": usage.ru_maxrss * 1024,
            },
        )

    def _kill(self, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self.sealed:
                os.kill(pid, signal.SIGKILL)  # process 1 of its namespace: all others there end with it
            else:
                os.killpg(pid, signal.SIGKILL)

    def _end_all(self) -> None:
        for _, pid in self.running.values():
            self._kill(pid)
