"""Making many writes survive a power cut with few waits for the disk."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from restrike.base import atomic

FEW = 16  # up to here one fsync a file is quicker than waiting for all that is unwritten on the file system


def sync_files(paths: Collection[Path], file_system: Path) -> None:
    """Wait until the files' bytes are on the disk. `file_system` is any folder on the file system they share."""
    if len(paths) > FEW and _sync_file_system(file_system):
        return
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_folders(folders: Collection[Path], file_system: Path) -> None:
    """Wait until the names in the folders are on the disk."""
    if len(folders) > FEW and _sync_file_system(file_system):
        return
    for folder in folders:
        atomic.sync_folder(folder)


def _sync_file_system(folder: Path) -> bool:
    """Call syncfs(2), which Python does not offer; return False where the system has none."""
    import ctypes  # 5 ms that only large batches should pay

    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        return False
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(descriptor)
    return True
