"""How a step's process ended, in words: from exit status and result to state and document."""

from __future__ import annotations

import signal
from typing import Any, Literal

from restrike.worker.failure import plain
from restrike.worker.filter import KILLED_ITSELF
from restrike.worker.process import RESULT_LOST

State = Literal["ok", "failed", "timed out", "killed"]


def told(
    status: int | None, result: dict[str, Any] | None, timeout: float | None, *, stopped: bool
) -> tuple[State, dict[str, Any]]:
    """Return state and result document. `timeout` is set if it ended the step, `status` None if the zygote went."""
    if timeout is not None:
        return "timed out", _failed("TimedOut", f"the step took longer than the {timeout:g} s it is given")
    if result is not None and status is not None and status >= 0:
        return ("ok" if result["state"] == "ok" else "failed"), result
    if status is None:
        why = "the run was stopped" if stopped else "the system ended the sandbox, as it does when memory runs out,"
        return "killed", _failed("Killed", f"{why} while the step was running")
    return "killed", _failed("Killed", _cause(status))


def _failed(kind: str, message: str) -> dict[str, Any]:
    return {"state": "failed", "error": plain(kind, message, origin="process")}


def _cause(status: int) -> str:
    if status == -KILLED_ITSELF:
        return "the step's process killed itself"
    if status == -signal.SIGKILL:
        return "the system ended the step's process (SIGKILL), as it does when memory runs out"
    if status < 0:
        return f"the step's process was ended by {_name(-status)}: a crash in native code"
    if status == RESULT_LOST:
        return "the step closed descriptors that are not its own, and its result could not be taken"
    if status > 128 and status - 128 in set(signal.Signals):
        return f"the step's process was ended by {_name(status - 128)}"
    return f"the step's process ended itself with status {status} (os._exit) before it returned"


def _name(number: int) -> str:
    told = {
        signal.SIGSEGV: "SIGSEGV, a segmentation fault or an abort",
        signal.SIGABRT: "SIGABRT",
        signal.SIGBUS: "SIGBUS",
    }
    try:
        return told.get(signal.Signals(number), signal.Signals(number).name)
    except ValueError:
        return f"signal {number}"
