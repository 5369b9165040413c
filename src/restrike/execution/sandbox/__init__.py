"""Sealed processes for steps, from the controller's side: mounts, zygotes, tracing, supervision."""

from restrike.execution.sandbox.proxy import Asked
from restrike.execution.sandbox.sandbox import Sandbox
from restrike.execution.sandbox.work import ORDINARY, Disguise, Lookup, Mount, Outcome, Seal, Work

__all__ = ["ORDINARY", "Asked", "Disguise", "Lookup", "Mount", "Outcome", "Sandbox", "Seal", "Work"]
