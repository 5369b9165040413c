"""The file in which processes that a step starts tell what they use, a line at once: who is killed has told."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

FOLDER, EVENTS, CODE = ".observed", "events", "code"


def prepare(outputs: str) -> None:
    """Make the file of reports below a step's outputs: from outside, before the step could be in the way of it."""
    os.mkdir(f"{outputs}/{FOLDER}")
    os.close(os.open(f"{outputs}/{FOLDER}/{EVENTS}", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666))


class Reporter:
    """Writes lines of its own process; opens the file each time, since a descriptor could be closed and given away."""

    def __init__(self, folder: str):
        from _json import encode_basestring_ascii as quoted  # all that is needed of `json`, which loads slowly

        self._path, self._quoted = f"{folder}/{EVENTS}", quoted
        self._held: list[bytes] | None = None

    def __call__(self, kind: str, value: tuple[str | int | bool, ...]) -> None:
        """Add a line, all of it or nothing."""
        items = [self._quoted(item) if isinstance(item, str) else str(int(item)) for item in (kind, *value)]
        line = f"[{','.join(items)}]\n".encode("ascii")
        if self._held is not None:
            self._held.append(line)
        else:
            self._write(line)

    def hold(self) -> None:
        """Keep lines back until they are released, to write them at once."""
        self._held = []

    def release(self) -> None:
        lines, self._held = self._held or [], None
        self._write(b"".join(lines))

    def _write(self, lines: bytes) -> None:
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        except OSError:
            return
        try:
            os.write(descriptor, lines)
        except OSError:
            pass
        finally:
            os.close(descriptor)


def told(folder: str) -> Iterator[list[Any]]:
    """Yield the lines of all processes; half a line, of one that was killed while it wrote, is left out."""
    try:
        descriptor = os.open(f"{folder}/{EVENTS}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return
    try:
        data = b"".join(iter(lambda: os.read(descriptor, 1 << 20), b""))
    finally:
        os.close(descriptor)
    lines = data.decode("ascii", "replace").splitlines()
    if lines:
        import json
    for line in lines:
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, list) and found and isinstance(found[0], str):
            yield found


def remove(folder: str) -> None:
    """Take the reports out of the step's outputs."""
    try:
        os.unlink(f"{folder}/{EVENTS}")
        os.rmdir(folder)
    except OSError:  # there is more in it
        import shutil

        shutil.rmtree(folder, ignore_errors=True)
