"""The machine that something was executed on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from restrike.cli.screens.words import counted


def machine(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is recorded of a machine, as names and values."""
    cores = counted(found["cores"], "core") if found.get("cores") else None
    gpu = found.get("gpu") or {}
    return [
        ("cpu", _joined((found.get("cpu") or {}).get("model"), cores)),
        ("gpu", _joined(*gpu.get("models", ()), gpu and f"driver {gpu.get('driver')}")),
        ("system", _joined(found.get("system"), found.get("kernel"))),
        *((name, _settings(found.get(name) or {})) for name in ("locale", "threads")),
    ]


def _joined(*parts: Any) -> str:
    return ", ".join(str(part) for part in parts if part)


def _settings(variables: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in variables.items())
