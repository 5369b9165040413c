"""Datasets: files and folders versioned by content, with where they came from. Specified in docs/design/datasets.md."""

from restrike.data.checkout import Comparison, checkout, place, verify
from restrike.data.history import log
from restrike.data.versions import DatasetVersion, add, snapshot

__all__ = ["Comparison", "DatasetVersion", "add", "checkout", "log", "place", "snapshot", "verify"]
