"""A transformer of this project's own, kept inside the fitted model."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin


class Clipped(TransformerMixin, BaseEstimator):
    """Values between two quantiles."""

    def __init__(self, share=0.05):
        self.share = share

    def fit(self, X, y=None):  # noqa: N803  # scikit-learn's own name
        self.low_, self.high_ = np.nanquantile(X, [self.share, 1 - self.share], axis=0)
        return self

    def transform(self, X):  # noqa: N803  # scikit-learn's own name
        return np.clip(X, self.low_, self.high_)
