"""One step: the process that the zygote forks, from its seal to its end."""

from __future__ import annotations

import contextlib
import faulthandler
import fcntl
import importlib
import io
import os
import signal
import socket
import sys
from dataclasses import dataclass
from typing import Any, NoReturn

from restrike.worker import failure, filter, kernel, operations, relay, seal, wire
from restrike.worker.tracing import Tracing

SEAL_FAILED = 70  # exit status of a step that could not be sealed; its result says why
RESULT_LOST = 71  # exit status of a step whose result could not be written
_HIGH = 200  # our descriptors stay above what programs count on being free
_FATAL = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGALRM, signal.SIGUSR1, signal.SIGUSR2)


@dataclass(frozen=True)
class Surroundings:
    """What all steps of a zygote have in common."""

    sealed: bool
    own_network: bool
    overlay_options: str
    shared: list[dict[str, Any]]
    import_roots: list[str]
    engine: str
    tracing: Tracing


def run(number: int, how: Surroundings, channel: socket.socket, job: int, result: int, out: int, err: int) -> NoReturn:
    """Execute a job in the forked process, write its result and end. Never return, whatever happens."""
    try:
        result = _take_descriptors(channel, job, result, out, err)
        order = wire.read(_HIGH + 2)
        os.close(_HIGH + 2)
        _seal(number, how, order)
    except BaseException as error:  # noqa: BLE001  # a forked process must not return into the zygote's loop
        wire.write(result, {"state": "failed", "error": failure.document(error, origin="seal")})
        os._exit(SEAL_FAILED)
    callers: relay.Callers | None = None
    traced = order["job"]["op"] == "step"
    try:
        _start_afresh(how, order)
        if traced:
            how.tracing.begin(order["job"])
        callers = relay.Callers(order["way_out"], order["folder"]) if "way_out" in order else None
        document = operations.execute(order["job"], how.tracing.imports.arrivals)
    except BaseException as error:  # noqa: BLE001  # the worker's boundary: the step's own failure, told to the user
        document = {"state": "failed", "error": failure.document(error)}
    if callers is not None:
        document["callers"] = callers.document()
    status = RESULT_LOST
    try:
        if traced:
            document |= how.tracing.told()
        _finish(result, document)
        status = 0
    finally:
        os._exit(status)


def _take_descriptors(channel: socket.socket, job: int, result: int, out: int, err: int) -> int:
    os.setsid()
    kept = (result, channel.fileno(), job)
    high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 1000) for descriptor in kept]
    null = os.open(os.devnull, os.O_RDWR)
    for source, target in ((null, 0), (out, 1), (err, 2)):
        os.dup2(source, target)
    os.closerange(3, 1000)
    for position, descriptor in enumerate(high):
        os.dup2(descriptor, _HIGH + position, inheritable=False)
    for descriptor in high:
        os.close(descriptor)
    return _HIGH


def _seal(number: int, how: Surroundings, order: dict[str, Any]) -> None:
    if how.sealed:
        network = kernel.NEW_NETWORK if how.own_network else 0
        kernel.unshare(kernel.NEW_MOUNTS | kernel.NEW_IPC | network)
        seal.enter_step_root(how.shared, order["layout"], overlay_options=how.overlay_options)
        if network:
            kernel.raise_loopback()
        kernel.drop_capabilities()
    listener, why = filter.install()
    channel = socket.socket(fileno=_HIGH + 1)
    if listener is None:
        wire.send(channel, {"untraced": number, "why": why})
    else:
        wire.send(channel, {"listener": number}, [listener])
        os.close(listener)
    if order.get("hosts"):
        _open_way_out(number, how, order, channel)
    channel.close()


def _open_way_out(number: int, how: Surroundings, order: dict[str, Any], channel: socket.socket) -> None:
    with relay.open_port(sealed=how.sealed) as port:
        wire.send(channel, {"way_out": number}, [port.fileno()])
        order["way_out"] = port.getsockname()[1]
    order["variables"].update(relay.variables(order["way_out"], order["hosts"]))


def _start_afresh(how: Surroundings, order: dict[str, Any]) -> None:
    """Undo what a fork carries over from its parent."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in _FATAL:
        signal.signal(number, _end_by_signal)
    os.environ.update(order["variables"])
    os.chdir(order["folder"])
    os.umask(0o022)
    sys.argv[:] = [order["job"]["step"]]
    roots = [os.path.normpath(os.path.join(order["folder"], root)) for root in how.import_roots]
    given = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([*roots, *([given] if given else [])])  # for programs that it starts
    sys.path[:] = [how.engine, *roots] + [place for place in sys.path if place != how.engine]
    sys.path_importer_cache.clear()
    importlib.invalidate_caches()
    sys.stdout = _text_stream(1, "strict")
    sys.stderr = _text_stream(2, "backslashreplace")
    sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr  # type: ignore[misc]  # they are only final by convention
    faulthandler.enable(2)


def _text_stream(descriptor: int, errors: str) -> io.TextIOWrapper:
    # Lines leave as they are written, so that the log is live, but one call a line, not one a word.
    raw = io.BufferedWriter(io.FileIO(descriptor, "wb", closefd=False))
    return io.TextIOWrapper(raw, encoding="utf-8", errors=errors, line_buffering=True)


def _end_by_signal(number: int, frame: object) -> NoReturn:
    # Process 1 of a namespace is spared by the default action; here a signal ends a step as it does elsewhere.
    flush()
    os._exit(128 + number)


def flush() -> None:
    """Write out what the step has printed; it may have closed its streams."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()


def _finish(result: int, document: dict[str, Any]) -> None:
    flush()
    with contextlib.suppress(Exception):
        if "logging" in sys.modules:
            sys.modules["logging"].shutdown()
    wire.write(result, document)
