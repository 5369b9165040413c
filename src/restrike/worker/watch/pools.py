"""Pools of threads: watched and, where that is asked for, without any: work is done at once, where it is handed in."""

from __future__ import annotations

import sys

from restrike.worker.watch.readings import THREADS, Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future, ThreadPoolExecutor
    from typing import Any


def tame(watch: Watch) -> None:
    """Put `ThreadPoolExecutor` under a watch, for the rest of this process."""
    from concurrent.futures import Future, ThreadPoolExecutor  # not needed by ordinary steps

    original = ThreadPoolExecutor.submit
    source = watch.source(THREADS, "a pool of threads")

    def submit(self: ThreadPoolExecutor, fn: Callable[..., Any], /, *positional: Any, **named: Any) -> Future[Any]:
        if not source.read(sys._getframe().f_back):
            return original(self, fn, *positional, **named)
        done: Future[Any] = Future()
        done.set_running_or_notify_cancel()
        try:
            done.set_result(fn(*positional, **named))
        except BaseException as error:  # noqa: BLE001  # whatever the work raises is what its future holds
            done.set_exception(error)
        return done

    ThreadPoolExecutor.submit = submit  # type: ignore[method-assign, assignment]  # one at a time, in order
