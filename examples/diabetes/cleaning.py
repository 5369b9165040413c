"""The one thing about these data that a person has to know: a glucose of zero was never measured."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

MEASURED = ("glucose", "pressure", "bmi")  # nobody alive has a zero in one of these


class ZeroIsMissing(TransformerMixin, BaseEstimator):
    """Replace impossible zeros by missing values."""

    def fit(self, X, y=None):
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        return self

    def transform(self, X):
        X = X.astype("float64")
        for column in MEASURED:
            X[column] = X[column].replace(0.0, np.nan)
        return X

    def get_feature_names_out(self, input_features=None):
        return self.feature_names_in_
