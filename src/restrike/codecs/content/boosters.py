"""Models of native libraries whose memory is out of reach: through the dump that their own library keeps stable.

Measured: XGBoost's `ubj` buffer and LightGBM's model text are equal before and after prediction and across processes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from restrike.codecs.content.parts import Branch, qualified


def rule_for(known: set[tuple[str, str]]) -> Callable[[Any], Branch] | None:
    """Return the rule for a class by its bases' (package, name)."""
    return next((rule for owner, rule in _RULES.items() if owner in known), None)


def _of_xgboost(value: Any) -> Branch:
    state = {
        "attributes": value.attributes(),
        "names": value.feature_names,
        "types": value.feature_types,
    }
    children = [bytes(value.save_raw("ubj")), value.save_config(), state]
    labels = [".save_raw('ubj')", ".save_config()", ""]
    return Branch(f"booster {qualified(type(value))}", children, label=labels.__getitem__)


def _of_lightgbm(value: Any) -> Branch:
    # num_iteration=-1: all trees, not those up to the best iteration only.
    state = {"params": value.params, "best_iteration": value.best_iteration, "best_score": value.best_score}
    children = [value.model_to_string(num_iteration=-1), state]
    return Branch(f"booster {qualified(type(value))}", children, label=[".model_to_string()", ""].__getitem__)


_RULES: dict[tuple[str, str], Callable[[Any], Branch]] = {
    ("xgboost", "Booster"): _of_xgboost,
    ("lightgbm", "Booster"): _of_lightgbm,
}
