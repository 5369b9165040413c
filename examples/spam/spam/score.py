"""Score messages with a fitted model."""

import pandas as pd
from sklearn.pipeline import Pipeline


def score(model: Pipeline, held_out: pd.DataFrame) -> pd.DataFrame:
    """Return one row a message: its number, label, length, prediction and probability of being spam."""
    spam = list(model.classes_).index("spam")
    return pd.DataFrame(
        {
            "message": held_out.index.astype(str),
            "label": held_out["label"].to_numpy(),
            "length": held_out["length"].to_numpy(),
            "prediction": model.predict(held_out["text"]),
            "score": model.predict_proba(held_out["text"])[:, spam],
        }
    )
