"""Learning."""

import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ward.transform import Clipped


def fit(table: pd.DataFrame, penalty: float):
    model = make_pipeline(Clipped(), StandardScaler(), LogisticRegression(C=penalty, max_iter=200))
    return model.fit(table.drop(columns="label").to_numpy(), table["label"].to_numpy())
