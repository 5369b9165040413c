"""What a step that was granted hosts by name asked the network for: for its record, and as findings where refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from restrike.execution.finding import Finding
from restrike.execution.sandbox import Asked
from restrike.execution.sandbox.hints import Hints
from restrike.execution.whereabouts import Whereabouts, line_of
from restrike.pipeline.graph import Step
from restrike.pipeline.hosts import WEB, Host


def documents(asked: Iterable[Asked], redacted: Callable[[str], str]) -> list[dict[str, Any]]:
    """Return what was asked as a step's record holds it, without secrets in names of hosts."""
    return [
        {
            "host": redacted(item.host),
            "port": item.port,
            "times": item.times,
            "bytes": item.bytes,
            "allowed": item.allowed,
        }
        for item in asked
    ]


def past_the_proxy(place: str) -> str:
    """Return what is told of a step that has hosts by name and tried to reach a place without asking the proxy."""
    to = "a name service" if place.endswith(":53") else place
    return f"the network: the step tried to reach {to} itself; named hosts are reached through HTTP_PROXY alone"


def notes(all_asked: bool) -> list[str]:
    return [] if all_asked else ["the proxy to the named hosts was ended; what the step asked of it is not fully known"]


def refused(step: Step, asked: Sequence[Asked], hints: Hints, where: Whereabouts) -> Iterator[Finding]:
    """Yield a finding for each host that was refused; the hint of each grants them all."""
    turned_away = [item for item in asked if not item.allowed]
    named = step.network if isinstance(step.network, tuple) else ()
    hint = hints.hosts(sorted({*named, *(entry for item in turned_away for entry in _entries(item))}))
    for item in turned_away:
        place = line_of(item.place) if item.place else where.of_network(item.address)
        yield Finding("network", step.name, item.address, _told(item), place, hint, "undeclared")


def _told(item: Asked) -> str:
    if item.leads_to is None:
        return f"the network: the step asked for {item.address}, which is not among the hosts that it was granted"
    return (
        f"the network: {item.address} leads to {item.leads_to}, an address of this machine or a local network, "
        "which has to be named itself"
    )


def _entries(item: Asked) -> list[str]:
    """Return what a list of hosts lacks."""
    port = None if item.port in WEB else item.port
    return [str(Host(name, port)) for name in (item.host, item.leads_to) if name is not None]
