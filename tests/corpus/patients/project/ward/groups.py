"""Shares by group."""

import pandas as pd

from ward.columns import BINS, LABEL


def by_age(rows: pd.DataFrame) -> dict:
    groups = pd.cut(rows["age"], BINS).astype(str)
    return {name: int(count) for name, count in rows.groupby(groups)[LABEL].sum().items()}
