"""The table that is learnt from."""

import pandas as pd

from ward.columns import LABEL, MEASURED, OTHER


def features(rows: pd.DataFrame) -> pd.DataFrame:
    filled = rows[MEASURED].fillna(rows[MEASURED].median())
    return filled.join(rows[OTHER]).assign(ratio=ratio(filled), label=rows[LABEL])


def ratio(rows: pd.DataFrame) -> pd.Series:
    return (rows["glucose"] / rows["bmi"]).round(6)
