"""What a run's evaluation left behind, as gates and comparisons take it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Results:
    """`metrics` and `slices` are the artifacts of the evaluate step; the rest is needed to compare row by row."""

    metrics: Mapping[str, Mapping[str, Mapping[str, Any]]]
    slices: Sequence[Mapping[str, Any]] = ()
    predictions: Any = None  # a predictions table (pyarrow, pandas or a mapping of arrays)
    target: Mapping[str, Any] | None = None  # the target document that belongs to it
    declared: Sequence[Mapping[str, Any]] = ()  # the slices, as the config declares them
    seed: int = 0

    @property
    def usual_part(self) -> str:
        """The part that a gate is about if it names none."""
        return "test" if "test" in self.metrics else list(self.metrics)[-1]

    def entry(self, part: str, metric: str, where: str | None) -> Mapping[str, Any] | None:
        """Return a metric's entry for a part, or for a slice of it; None where it was not measured."""
        if where is None:
            return self.metrics.get(part, {}).get(metric)
        for item in self.slices:
            if item["slice"] == where and item["part"] == part:
                found: Mapping[str, Any] | None = item["metrics"].get(metric)
                return found
        return None

    def slice_names(self, part: str) -> list[str]:
        return [item["slice"] for item in self.slices if item["part"] == part]
