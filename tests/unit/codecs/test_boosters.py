"""Models of XGBoost and LightGBM, where these are installed: one content before and after prediction and pickling."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from restrike.codecs import content_digest
from restrike.codecs.compare.values import between

ROWS = np.random.RandomState(0).rand(200, 5)
LABELS = (ROWS[:, 0] > 0.5).astype(int)


def xgboost(**params: Any) -> Any:
    return pytest.importorskip("xgboost").XGBClassifier(n_estimators=5, random_state=0, n_jobs=1, **params)


def lightgbm(**params: Any) -> Any:
    return pytest.importorskip("lightgbm").LGBMClassifier(
        n_estimators=5, random_state=0, n_jobs=1, verbose=-1, **params
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("make", [xgboost, lightgbm])
def test_a_booster_is_the_same_fitted_again_pickled_and_used(make: Any) -> None:
    model = make().fit(ROWS, LABELS)
    first = content_digest(model)[:2]
    assert content_digest(make().fit(ROWS, LABELS))[:2] == first
    copied = pickle.loads(pickle.dumps(model))
    assert content_digest(copied)[:2] == first
    for item in (model, copied):
        item.predict(ROWS)
        assert content_digest(item)[:2] == first


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("make", [xgboost, lightgbm])
def test_another_booster_differs_and_is_told_apart(make: Any) -> None:
    model, other = make().fit(ROWS, LABELS), make().fit(ROWS[::-1] * 1.1, LABELS[::-1])
    assert content_digest(model)[0] != content_digest(other)[0]
    assert between(model, other, 5)[0].where.startswith("._Booster.")
