"""The whole diabetes example beside a plain script of scikit-learn that trains and judges the same model."""

from __future__ import annotations

from collections.abc import Iterator

from measure import Measurement
from place import RESTRIKE, Place

SCRIPT = """
import json
import numpy as np, pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, recall_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

names = ["pregnancies", "glucose", "pressure", "skin", "insulin", "bmi", "pedigree", "age", "diabetic"]
table = pd.read_csv("data/pima-indians-diabetes.csv", header=None, names=names)
features = ["pregnancies", "glucose", "pressure", "bmi", "pedigree", "age"]
for name in ("glucose", "pressure", "bmi"):
    table[name] = table[name].replace(0, np.nan)
train, test = train_test_split(table, test_size=0.3, random_state=7)
model = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression(max_iter=500))
model.fit(train[features], train["diabetic"])

def judged(rows):
    score = model.predict_proba(rows[features])[:, 1]
    truth = rows["diabetic"]
    return {"accuracy": accuracy_score(truth, score > 0.5), "roc_auc": roc_auc_score(truth, score),
            "recall": recall_score(truth, score > 0.5), "log_loss": log_loss(truth, score)}

slices = {"all": test, "over_50": test[test["age"] > 50]}
for low, high in ((0, 30), (30, 40), (40, 50), (50, 999)):
    slices[f"{low}-{high}"] = test[(test["age"] >= low) & (test["age"] < high)]
json.dump({name: judged(rows) for name, rows in slices.items()}, open("result.json", "w"))
"""


def measure(place: Place, repeats: int) -> Iterator[Measurement]:
    shell = place.example("diabetes")
    whole = shell.times(repeats, RESTRIKE, "run", "--no-reuse")
    plain = shell.times(repeats, place.python(ml=True), "-c", SCRIPT)
    yield Measurement("training", "diabetes, first run", whole, plain=plain)
    yield Measurement("training", "diabetes, nothing to do", shell.times(repeats, RESTRIKE, "run"), plain=plain)
