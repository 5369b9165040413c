"""What can go wrong with data."""

from __future__ import annotations

from restrike.base.errors import RestrikeError


class DataMissing(RestrikeError):
    """A declared data file or folder does not exist."""

    code = "R400"


class LfsPointer(RestrikeError):
    """A file is a Git LFS pointer: the few lines that stand in a repository for data that was not fetched."""

    code = "R401"


class DataUnusable(RestrikeError):
    """A data folder is empty, or holds a link that leads out of it, round in a circle, or nowhere."""

    code = "R402"


class DatasetUnknown(RestrikeError):
    """No dataset, or no version of it, is recorded under the name that was given."""

    code = "R403"


class UnsavedData(RestrikeError):
    """A checkout would overwrite data that no version in the store holds."""

    code = "R404"
