"""The process between controller and zygote: opens the namespaces, starts the zygote, serves the notifiers.

It has one thread and no state but the running steps' look-ups. When the controller goes, it ends the zygote, and with
it all steps; when it goes itself, the kernel does.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
from typing import Any, NoReturn

from restrike.execution.sandbox import programs
from restrike.execution.sandbox.notifier import MOST, Memory, Notifier
from restrike.worker import kernel, seal, wire

_ZYGOTE = (
    "import sys; sys.path[0] = sys.argv[1]; import socket; from restrike.worker import zygote; "
    "zygote.main(socket.socket(fileno=3))"
)


def main() -> NoReturn:
    """Serve the socket that is descriptor 3; the first message holds what to start."""
    channel = socket.socket(fileno=3)
    received = wire.receive(channel)
    if received is None:
        os._exit(1)
    order = wire.read(received[1][0])
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        if order["sealed"]:
            _open_namespaces()
    except OSError as error:
        wire.send(channel, {"unsealed": str(error)})
        os._exit(0)
    pid = os.fork()
    if pid == 0:
        _become_zygote(order, channel, theirs)
    theirs.close()
    wire.send(ours, {}, received[1][1:2])
    for descriptor in received[1]:
        os.close(descriptor)
    try:
        _Warden(channel, ours, order, pid).serve()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)  # returns when every process of its namespace has ended
        os._exit(0)


def _open_namespaces() -> None:
    """Give the next child a process namespace; as an ordinary user, enter a user namespace that allows it."""
    user, group = os.getuid(), os.getgid()
    if user == 0:
        with contextlib.suppress(OSError):
            kernel.unshare(kernel.NEW_PIDS)
            return
    kernel.unshare(kernel.NEW_USER | kernel.NEW_PIDS)
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as stream:
            stream.write(text)


def _become_zygote(order: dict[str, Any], channel: socket.socket, theirs: socket.socket) -> NoReturn:
    try:
        kernel.die_with_parent()
        null = os.open(os.devnull, os.O_RDWR)
        if order["sealed"]:
            network = 0 if order["network"] else kernel.NEW_NETWORK
            kernel.unshare(kernel.NEW_MOUNTS | kernel.NEW_IPC | kernel.NEW_HOSTNAME | network)
            socket.sethostname("restrike")
            if network:
                kernel.raise_loopback()
            seal.enter_zygote_root(order["layout"])
        os.dup2(null, 0)
        os.dup2(null, 1)
        inner = os.dup(theirs.fileno())
        python = order["interpreter"]
        if not os.access(python, os.X_OK):
            raise FileNotFoundError(f"'{python}' is not there, or cannot be executed")
        report = os.dup(channel.fileno())
        os.set_inheritable(report, False)
        os.dup2(inner, 3)
        for descriptor in range(4, 64):
            if descriptor != report:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        channel.detach()
        channel = socket.socket(fileno=report)
        _disguise(order)
        os.execve(python, [python, "-c", _ZYGOTE, order["engine"]], order["variables"])
    except OSError as error:
        wire.send(channel, {"unsealed": str(error)})
    os._exit(1)


def _disguise(order: dict[str, Any]) -> None:
    if order.get("cores"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: order["cores"]])
    if order.get("fixed_addresses"):
        with contextlib.suppress(OSError):  # a container may refuse it; then processes go on to differ, which is seen
            kernel.fix_addresses()


class _Warden:
    def __init__(self, channel: socket.socket, zygote: socket.socket, order: dict[str, Any], pid: int):
        self.channel, self.zygote, self.pid = channel, zygote, pid
        self.unwatched: list[str] = order["unwatched"]
        self.machine = os.uname().machine
        self.memory = Memory()
        self.notifiers: dict[int, Notifier] = {}  # by listener
        self.of_work: dict[int, Notifier] = {}
        self.untraced: dict[int, str] = {}
        self.poll = select.poll()
        for end in (channel, zygote):
            self.poll.register(end, select.POLLIN)

    def serve(self) -> None:
        while True:
            for descriptor, event in self.poll.poll():
                if notifier := self.notifiers.get(descriptor):
                    if not event & select.POLLIN or not notifier.serve():
                        self._forget(descriptor, event)
                elif descriptor == self.channel.fileno():
                    if not self._relay():
                        return
                elif descriptor == self.zygote.fileno() and not self._hear():
                    return

    def _forget(self, listener: int, event: int) -> None:
        if event & (select.POLLHUP | select.POLLERR):
            self.poll.unregister(listener)
            del self.notifiers[listener]
            os.close(listener)

    def _relay(self) -> bool:
        received = wire.receive(self.channel)
        if received is None:
            return False
        message, descriptors = received
        wire.send(self.zygote, message, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        return True

    def _hear(self) -> bool:
        received = wire.receive(self.zygote)
        if received is None:
            return False
        message, descriptors = received
        if "listener" in message:
            self._listen(message["listener"], descriptors[0])
        elif "untraced" in message:
            self.untraced[message["untraced"]] = message["why"]
        elif "ended" in message:
            self._tell_end(message)
        else:
            wire.send(self.channel, message, descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
        return True

    def _listen(self, number: int, listener: int) -> None:
        python = programs.identity(self.pid)  # steps are forked from it
        notifier = Notifier(listener, self.machine, self.unwatched, self.memory, python)
        self.notifiers[listener] = self.of_work[number] = notifier
        self.poll.register(listener, select.POLLIN)

    def _tell_end(self, message: dict[str, Any]) -> None:
        number = message["ended"]
        notifier = self.of_work.pop(number, None)
        if notifier is not None and notifier.full:
            self.untraced[number] = f"it asked for over {MOST:,} names; the rest is not known"
        lookups = wire.memory_file(notifier.lookups() if notifier else [])
        message["untraced"] = self.untraced.pop(number, None)
        message["pythons"] = notifier.pythons if notifier else 0
        wire.send(self.channel, message, [lookups])
        os.close(lookups)


if __name__ == "__main__":
    sys.exit("the warden is started by a sandbox")
