"""Noughts that stand for nothing measured."""

import pandas as pd

from ward.columns import MEASURED


def tidy(patients: pd.DataFrame) -> pd.DataFrame:
    return patients.assign(**{name: patients[name].where(patients[name] > 0) for name in MEASURED})


def drop_empty(patients: pd.DataFrame) -> pd.DataFrame:
    return patients.dropna()
