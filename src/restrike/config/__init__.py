"""The config aspect: `restrike.yaml` read, checked and resolved, with the origin of every value.

Importing this room loads neither YAML nor pydantic; they arrive when a file has to be parsed.
"""

from __future__ import annotations

from restrike.config.errors import ConfigError, ConfigMissing, ConfigSyntax, ConfigUnreadable, Problem
from restrike.config.loader import load
from restrike.config.model import Config, DataDecl, EnvironmentDecl, recipe, steps_of
from restrike.config.schema import json_schema
from restrike.config.starter import starter

__all__ = [
    "Config",
    "ConfigError",
    "ConfigMissing",
    "ConfigSyntax",
    "ConfigUnreadable",
    "DataDecl",
    "EnvironmentDecl",
    "Problem",
    "json_schema",
    "load",
    "recipe",
    "starter",
    "steps_of",
]
