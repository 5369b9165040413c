"""The environment aspect: whose Python, what is installed in it, the way back to it, and the proof."""

from restrike.environment.capture import Environment, capture
from restrike.environment.conditions import machine
from restrike.environment.distributions import Distribution
from restrike.environment.interpreter import Interpreter, whose
from restrike.environment.lock import Lock, completed, lock
from restrike.environment.proof import Mismatch, prove
from restrike.environment.rebuild import Rebuilt, is_rebuilt, rebuild
from restrike.environment.variables import variables

__all__ = [
    "Distribution",
    "Environment",
    "Interpreter",
    "Lock",
    "Mismatch",
    "Rebuilt",
    "capture",
    "completed",
    "is_rebuilt",
    "lock",
    "machine",
    "prove",
    "rebuild",
    "variables",
    "whose",
]
