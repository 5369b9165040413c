"""Where results are kept."""

from joblib import Memory

memory = Memory("cache", verbose=0)
