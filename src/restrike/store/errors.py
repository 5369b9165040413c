"""What can go wrong with a store."""

from __future__ import annotations

from pathlib import Path

from restrike.base.errors import RestrikeError

CHECK_HINT = "restrike store check   (names the runs that are hurt)"


class NotAStore(RestrikeError):
    """The folder given as a store is none, or has lost its `format` file."""

    code = "R500"


class StoreTooNew(RestrikeError):
    """The store was written by a later restrike, in a format that this one does not know."""

    code = "R501"


class ObjectMissing(RestrikeError):
    """An object that a record names is not in the store."""

    code = "R502"
    exit_code = 1

    def __init__(self, digest: str):
        super().__init__(f"object '{digest}' is not in the store", hint=CHECK_HINT)
        self.digest = digest


class ObjectCorrupt(RestrikeError):
    """An object's bytes are no longer those that its name stands for; they are never handed out."""

    code = "R503"
    exit_code = 1

    def __init__(self, digest: str, path: Path, detail: str):
        super().__init__(f"object '{digest}' is damaged: {detail}", where=str(path), hint=CHECK_HINT)
        self.digest = digest


class RecordMissing(RestrikeError):
    """A record is not in the ledger."""

    code = "R504"
    exit_code = 1

    def __init__(self, digest: str):
        super().__init__(f"record '{digest}' is not in the ledger", hint="restrike store reindex")
        self.digest = digest


class RecordCorrupt(RestrikeError):
    """A record in the ledger was changed after it was written, or lies under a name that is not its own."""

    code = "R505"
    exit_code = 1

    def __init__(self, digest: str, path: Path, detail: str):
        super().__init__(f"record '{digest}' is damaged: {detail}", where=str(path), hint=CHECK_HINT)
        self.digest = digest
        self.path = path


class FileChanged(RestrikeError):
    """A file was written to while it was being stored, so no one content can be said to be its own."""

    code = "R506"


class Unstorable(RestrikeError):
    """A folder to be stored holds something that is neither file, folder nor link, or a name that is not UTF-8."""

    code = "R507"


class TreeInvalid(RestrikeError):
    """An object that should list the files of a folder does not, or names files outside that folder."""

    code = "R508"
    exit_code = 1


class TargetOccupied(RestrikeError):
    """A folder cannot be placed where files already are."""

    code = "R509"
