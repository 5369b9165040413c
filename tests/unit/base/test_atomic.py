"""Files that are there in full or not at all."""

import hashlib
import os
import signal
import subprocess
import sys

import pytest

from restrike.base import atomic
from restrike.base.errors import StorageFull, StorageReadOnly

WRITER = """
import sys
from pathlib import Path
from restrike.base import atomic
atomic.write(Path(sys.argv[1]), b"new" * 100_000)
"""


def test_a_failed_block_leaves_the_old_content_and_no_rubbish(tmp_path):
    target = tmp_path / "x"
    target.write_bytes(b"old")

    def write_half() -> None:
        with atomic.open_new(target) as stream:
            stream.write(b"new")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        write_half()
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["x"]


def test_killed_at_every_point_the_file_is_old_or_new(tmp_path):
    target = tmp_path / "x"
    killed = 0
    for point in range(1, 20):
        target.write_bytes(b"old")
        done = subprocess.run(
            [sys.executable, "-c", WRITER, str(target)], env={**os.environ, atomic.KILL_AT: str(point)}, check=False
        )
        assert target.read_bytes() in (b"old", b"new" * 100_000)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
        killed += 1
    assert killed >= 3
    assert target.read_bytes() == b"new" * 100_000


def test_a_full_disk_is_told_plainly(tmp_path):
    with pytest.raises(StorageFull, match="no space left"), atomic.told_plainly(tmp_path):
        raise OSError(28, "No space left on device")


def test_a_read_only_folder_is_told_plainly(tmp_path):
    with pytest.raises(StorageReadOnly, match="cannot write"), atomic.told_plainly(tmp_path):
        raise OSError(30, "Read-only file system")


def test_copying_hashes_what_was_copied(tmp_path):
    (tmp_path / "a").write_bytes(b"abc" * 1000)
    with open(tmp_path / "a", "rb") as source, open(tmp_path / "b", "wb") as target:
        digest, size = atomic.copy_hashed(source, target, block=7)
    assert (tmp_path / "b").read_bytes() == b"abc" * 1000
    assert size == 3000
    assert digest == hashlib.sha256(b"abc" * 1000).hexdigest()
