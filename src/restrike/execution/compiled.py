"""The engine's bytecode, kept in the user's cache: compiled once for each engine and Python, not once a run.

A file of the cache is named by the engine's digest and the Python that compiled it, and begins with the digest of the
rest. One that is damaged, or another Python's, is not used. Whatever fails here costs time and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
from pathlib import Path

from restrike.base import atomic, process
from restrike.base.digest import of_bytes
from restrike.base.errors import RestrikeError
from restrike.base.folders import user_cache
from restrike.environment import Interpreter

KEPT = 8  # engines and Pythons in use at one time
_LENGTH = hashlib.sha256().digest_size


def lay_beside(archive: Path, engine: str, interpreter: Interpreter) -> None:
    """Put bytecode beside the sources of a restored engine; compile it where that was not done before."""
    label = of_bytes(f"{interpreter.cache_tag} {interpreter.build} {interpreter.binary}".encode())
    kept = user_cache() / "engines" / f"{engine}-{label[:16]}"
    with contextlib.suppress(OSError, RestrikeError):
        packed = _read(kept)
        if packed is not None:
            _unpack(packed, archive)
        elif _compile(archive, interpreter):
            _write(kept, _pack(archive))


def _read(kept: Path) -> bytes | None:
    """Return what was kept, None where nothing is or where it is not what was written."""
    try:
        content = kept.read_bytes()
    except FileNotFoundError:
        return None
    packed = content[_LENGTH:]
    return packed if hashlib.sha256(packed).digest() == content[:_LENGTH] else None


def _write(kept: Path, packed: bytes) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    atomic.write(kept, hashlib.sha256(packed).digest() + packed, durable=False)
    oldest_last = sorted(kept.parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in oldest_last[KEPT:]:
        path.unlink(missing_ok=True)


def _compile(archive: Path, interpreter: Interpreter) -> bool:
    # By no time or hash of the source is it checked again: it lies only ever beside the very sources it was made from.
    how = ("-q", "--invalidation-mode", "unchecked-hash")
    return process.call([interpreter.executable, "-I", "-S", "-m", "compileall", *how, archive]).ok


def _pack(archive: Path) -> bytes:
    return marshal.dumps({str(path.relative_to(archive)): path.read_bytes() for path in archive.rglob("*.pyc")})


def _unpack(packed: bytes, archive: Path) -> None:
    for name, content in marshal.loads(packed).items():
        path = archive / name
        path.parent.mkdir(exist_ok=True)
        try:
            path.write_bytes(content)
        except OSError:
            path.unlink(missing_ok=True)  # half of it would be taken for the whole
            raise
