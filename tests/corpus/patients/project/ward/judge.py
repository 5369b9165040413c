"""How good the model is."""

import pandas as pd
from sklearn.metrics import roc_auc_score


def judge(model, table: pd.DataFrame) -> dict:
    scores = model.predict_proba(table.drop(columns="label").to_numpy())[:, 1]
    return {"roc_auc": float(roc_auc_score(table["label"], scores)), "rows": len(table)}
