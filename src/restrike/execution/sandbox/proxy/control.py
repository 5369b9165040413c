"""A proxy as the controller sees it: started for one step, stopped when that has ended, with what was asked."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import restrike
from restrike.execution.sandbox.proxy.record import Asked, read
from restrike.worker import wire

_PATIENCE = 10.0
_PACKAGE = str(Path(restrike.__file__).parents[1])
_SERVER = (
    "import sys; sys.path.insert(0, sys.argv[1]); from restrike.execution.sandbox.proxy import server; "
    "server.main(*map(int, sys.argv[2:]))"
)


class Proxy:
    """The process that answers on a listening socket of a step; it takes the socket over."""

    def __init__(self, listener: int, hosts: Sequence[str]):
        self._report = wire.memory_file()
        order = wire.memory_file(list(hosts))
        control, self._control = os.pipe()
        passed = (order, listener, control, self._report)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _SERVER, _PACKAGE, *map(str, passed)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=passed,
                start_new_session=True,  # Ctrl-C is the controller's to answer
                env={"LC_ALL": "C.UTF-8"},
                cwd="/",
            )
        finally:
            for descriptor in (order, listener, control):
                os.close(descriptor)

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> tuple[tuple[Asked, ...], bool]:
        """End the proxy; return what was asked, and whether that is all: not if something else ended it before.

        Asked again, it returns nothing.
        """
        if self._control < 0:
            return (), True
        os.close(self._control)
        self._control = -1
        try:
            status = self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        found = wire.read(self._report)
        os.close(self._report)
        return (read(found) if found is not None else ()), status == 0 and found is not None
