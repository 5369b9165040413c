"""A run's sandbox: one process a step, sealed and traced, forked from zygotes that no other run shares."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Any

from restrike.execution.sandbox import ending, layout, reduced, seen
from restrike.execution.sandbox.errors import SealFailed
from restrike.execution.sandbox.link import Link, Unsealed
from restrike.execution.sandbox.proxy import Proxy, with_places
from restrike.execution.sandbox.streams import Streams
from restrike.execution.sandbox.work import Disguise, Lookup, Network, Outcome, Seal, Work
from restrike.worker import seal as places
from restrike.worker import wire
from restrike.worker.trace import reports

OnLog = Callable[[str, str, bytes], None]

SEALED = "sealed: own mount, pid, network and ipc namespaces"
_PATIENCE = 10.0  # seconds for a killed step to be gone before its zygote is ended


class _Running:
    def __init__(self, hosts: list[str]) -> None:
        self.hosts = hosts
        self.done = threading.Event()
        self.link: Link | None = None
        self.message: dict[str, Any] | None = None  # None: the zygote went away
        self.lookups: list[Lookup] = []
        self.proxy: Proxy | None = None


class Sandbox:
    """Execute work for one run. Safe to use from several threads; a context manager.

    `on_log` is called with step, stream ("stdout" or "stderr") and bytes as they come, from a thread of the sandbox.
    """

    def __init__(self, seal: Seal, *, on_log: OnLog):
        self._seal = seal
        self._streams = Streams(on_log)
        self._lock = threading.RLock()
        self._links: dict[tuple[bool, Network], Link] = {}
        self._running: dict[int, _Running] = {}
        self._numbers = itertools.count(1)
        self._unsealed: str | None = None
        self._reduced: reduced.Workspace | None = None
        self._stopped = False

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def isolation(self) -> str:
        """Say what keeps steps apart from the machine; found by trying."""
        if not self._links and not self._stopped:
            self._link(preloaded=bool(self._seal.preload), network="none")
        if not self._links:
            return "none: nothing was executed"
        if self._unsealed is None:
            return SEALED
        return f"reduced: a plain process, look-ups traced where possible ({self._unsealed})"

    def execute(self, work: Work) -> Outcome:
        """Execute work in a process of its own and wait for its end. Raise SealFailed if it cannot be sealed."""
        link = self._link(preloaded=bool(self._seal.preload) and _is_heavy(work), network=work.reach)
        number, running = next(self._numbers), _Running(_hosts(work))
        running.link = link
        order = self._order(work, number)
        if work.job["op"] == "step":
            reports.prepare(str(work.outputs))
        self._running[number] = running
        result = wire.memory_file()
        started = time.monotonic()
        try:
            self._start(link, number, work.step, order, result)
            timed_out = self._wait(link, number, running, work.timeout)
            self._streams.wait(number, killed=self._unsealed is not None)
            wall = time.monotonic() - started
            return self._outcome(work, running, result, wall, timed_out=timed_out)
        finally:
            self._running.pop(number, None)
            if running.proxy is not None:
                running.proxy.stop()
            os.close(result)
            if self._reduced is not None:
                self._reduced.clear(number)

    def stop(self) -> None:
        """End every process of this sandbox and return when they have ended. Work in progress is told as killed."""
        with self._lock:
            self._stopped = True
            links = list(self._links.values())
        for link in links:
            link.stop()
        for running in list(self._running.values()):
            running.done.set()
        self._streams.close()
        if self._reduced is not None:
            self._reduced.remove()

    def _order(self, work: Work, number: int) -> dict[str, Any]:
        if self._reduced is not None:
            return self._reduced.order(work, number) | {"hosts": _hosts(work)}
        return {
            "job": work.job,
            "layout": layout.of_work(work),
            "folder": places.PROJECT,
            "variables": work.secrets,
            "hosts": _hosts(work),
        }

    def _start(self, link: Link, number: int, step: str, order: dict[str, Any], result: int) -> None:
        descriptors = [wire.memory_file(order), result]
        try:
            descriptors += self._streams.open(number, step)
            link.execute(number, descriptors)
        except OSError:
            self._running[number].done.set()  # the zygote is gone, or we were stopped: told as killed
        finally:
            for descriptor in descriptors:
                if descriptor != result:
                    os.close(descriptor)

    def _wait(self, link: Link, number: int, running: _Running, timeout: float | None) -> bool:
        if running.done.wait(timeout):
            return False
        link.kill(number)
        if not running.done.wait(_PATIENCE):
            link.stop()
            running.done.wait()
        return True

    def _outcome(self, work: Work, running: _Running, result: int, wall: float, *, timed_out: bool) -> Outcome:
        message = running.message or {"status": None, "cpu": 0.0, "rss": 0}
        if "refused" in message:
            raise SealFailed(f"no process could be started for step '{work.step}': {message['refused']}")
        given = work.timeout if timed_out else None
        state, document = ending.told(message["status"], wire.read(result), given, stopped=self._stopped)
        if document.get("error", {}).get("origin") == "seal":
            told = document["error"]
            raise SealFailed(f"step '{work.step}' could not be sealed: {told['message']}", where=f"step '{work.step}'")
        asked, all_asked = running.proxy.stop() if running.proxy is not None else ((), True)
        lookups = running.lookups
        if self._reduced is not None:
            document = self._reduced.as_sealed(document)
            lookups = [replace(item, path=self._reduced.as_sealed_path(item.path)) for item in lookups]
        if "trace" in document:
            document["trace"] = seen.completed(document["trace"], lookups, message, self._seal.code)
        return Outcome(
            state=state,
            result=document,
            lookups=tuple(lookups),
            cpu_seconds=message["cpu"],
            wall_seconds=wall,
            max_rss=message["rss"],
            untraced=message.get("untraced"),
            asked=with_places(asked, document.pop("callers", {})),
            all_asked=all_asked,
        )

    def _link(self, *, preloaded: bool, network: Network) -> Link:
        with self._lock:
            if self._stopped:
                raise SealFailed("the sandbox has been stopped")
            key: tuple[bool, Network] = (preloaded, network if self._unsealed is None else "none")
            link = self._links.get(key)
            if link is None or link.ended:
                if link is not None:
                    link.stop()
                link = self._links[key] = self._launch(*key)
            return link

    def _launch(self, preloaded: bool, network: Network) -> Link:
        if self._unsealed is None:
            try:
                return self._connect(*self._sealed_orders(preloaded, network))
            except Unsealed as refused:
                self._unsealed = str(refused)
        if self._reduced is None:
            self._reduced = reduced.Workspace(self._seal)
        warden, zygote = self._reduced.orders(self._seal.preload if preloaded else ())
        return self._connect(warden | _disguised(self._seal.disguise), zygote)

    def _connect(self, warden: dict[str, Any], zygote: dict[str, Any]) -> Link:
        return Link(warden, zygote, self._heard, self._gone)

    def _gone(self, link: Link) -> None:
        for running in list(self._running.values()):
            if running.link is link:
                running.done.set()

    def _sealed_orders(self, preloaded: bool, network: Network) -> tuple[dict[str, Any], dict[str, Any]]:
        entries = layout.of_seal(self._seal, network=network)
        warden = {
            "sealed": True,
            "network": network == "all",
            "layout": entries,
            "interpreter": layout.interpreter(self._seal),
            "engine": places.ENGINE,
            "variables": self._seal.variables,
            "unwatched": layout.unwatched(self._seal),
            **_disguised(self._seal.disguise),
        }
        zygote = {
            "sealed": True,
            "own_network": network != "all",
            "engine": places.ENGINE,
            "preload": list(self._seal.preload) if preloaded else [],
            "overlay_options": "" if os.getuid() == 0 else ",userxattr",
            "import_roots": list(self._seal.import_roots),
            "layout": entries,
        }
        return warden, zygote

    def _heard(self, message: dict[str, Any], descriptors: list[int]) -> None:
        if "way_out" in message:
            self._answer(message["way_out"], descriptors[0])
            return
        running = self._running.get(message.get("ended", 0))
        if running is not None:
            if descriptors:
                running.lookups = [Lookup(*item) for item in wire.read(descriptors[0]) or ()]
            running.message = message
            running.done.set()
        for descriptor in descriptors:
            os.close(descriptor)

    def _answer(self, number: int, listener: int) -> None:
        """Have a step's requests for the hosts that it was granted answered."""
        running = self._running.get(number)
        if running is None:
            os.close(listener)
        else:
            running.proxy = Proxy(listener, running.hosts)


def _hosts(work: Work) -> list[str]:
    return list(work.network) if isinstance(work.network, tuple) else []


def _disguised(disguise: Disguise) -> dict[str, Any]:
    return {"cores": disguise.cores, "fixed_addresses": disguise.fixed_addresses}


def _is_heavy(work: Work) -> bool:
    return not work.light and work.job.get("command") is None
