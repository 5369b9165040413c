"""Read the messages and tidy them."""

from pathlib import Path

import pandas as pd


def clean(messages: Path) -> pd.DataFrame:
    """Return label, text and length of every message, repeated messages once."""
    table = pd.read_csv(messages, sep="\t", header=None, names=["label", "text"], quoting=3)
    table = table.drop_duplicates(ignore_index=True)
    table["length"] = table["text"].str.len()
    return table
