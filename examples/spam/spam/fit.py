"""Fit a naive Bayes classifier on word counts."""

import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline, make_pipeline


def fit(messages: pd.DataFrame, alpha: float, test_share: float, seed: int) -> tuple[Pipeline, pd.DataFrame]:
    """Return the fitted model and the messages that it has not seen."""
    train, held_out = train_test_split(messages, test_size=test_share, random_state=seed, stratify=messages["label"])
    model = make_pipeline(CountVectorizer(), MultinomialNB(alpha=alpha))
    return model.fit(train["text"], train["label"]), held_out
