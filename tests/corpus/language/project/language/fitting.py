"""Learning."""

from language.model import Model
from language.settings import tokens
from language.smoothing import Smoothing


def fit(rows, smoothing):
    """Return a model that has seen the rows."""
    model = Model(tokens(), Smoothing(**smoothing))
    for label, text in rows:
        model.learn(label, text)
    return model
