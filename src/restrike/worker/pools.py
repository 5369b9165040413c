"""Pools of threads: watched and, where that is asked for, without any: work is done at once, where it is handed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from restrike.worker.watch import Watch

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

KIND = "threads"


def tame(watch: Watch) -> None:
    """Put `ThreadPoolExecutor` under a watch, for the rest of this process."""
    from concurrent.futures import Future, ThreadPoolExecutor  # not needed by ordinary steps

    original = ThreadPoolExecutor.submit

    def submit(self: ThreadPoolExecutor, fn: Callable[..., Any], /, *positional: Any, **named: Any) -> Future[Any]:
        if not watch.read(KIND, "a pool of threads"):
            return original(self, fn, *positional, **named)
        done: Future[Any] = Future()
        done.set_running_or_notify_cancel()
        try:
            done.set_result(fn(*positional, **named))
        except BaseException as error:  # noqa: BLE001  # whatever the work raises is what its future holds
            done.set_exception(error)
        return done

    ThreadPoolExecutor.submit = submit  # type: ignore[method-assign, assignment]  # one at a time, in order
