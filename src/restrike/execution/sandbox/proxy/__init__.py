"""The way to hosts by name: a step speaks to a port of its own loopback, and a process outside the seal answers there.

That process, one for each step that was granted hosts, resolves names itself, lets through what the list allows, and
keeps count of all that was asked. Specified in docs/design/network.md.
"""

from restrike.execution.sandbox.proxy.control import Proxy
from restrike.execution.sandbox.proxy.record import Asked, with_places

__all__ = ["Asked", "Proxy", "with_places"]
