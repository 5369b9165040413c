"""Messages between controller, warden, zygote and step: small JSON documents, with descriptors beside them.

The sockets keep message borders (SOCK_SEQPACKET); whatever may be large travels as a memory file.
Specified in docs/design/worker-protocol.md.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Sequence
from typing import Any

PROTOCOL = 1
_LIMIT = 60_000
_DESCRIPTORS = 8


def send(channel: socket.socket, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
    data = json.dumps(message).encode()
    if len(data) > _LIMIT:
        raise ValueError(f"a message of {len(data)} bytes is too long")
    socket.send_fds(channel, [data], list(descriptors))


def receive(channel: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Return the next message and its descriptors; None when the other side is gone."""
    try:
        data, descriptors, _, _ = socket.recv_fds(channel, _LIMIT, _DESCRIPTORS)
    except ConnectionError:
        return None
    if not data:
        return None
    return json.loads(data), list(descriptors)


def memory_file(document: Any = None) -> int:
    """Return the descriptor of a new file in memory, holding a JSON document if one is given."""
    descriptor = os.memfd_create("restrike", os.MFD_CLOEXEC)
    if document is not None:
        write(descriptor, document)
    return descriptor


def write(descriptor: int, document: Any) -> None:
    """Replace the content of a memory file by a JSON document."""
    data = json.dumps(document).encode()
    os.ftruncate(descriptor, 0)
    position = 0
    while position < len(data):
        position += os.pwrite(descriptor, data[position : position + (1 << 20)], position)


def read(descriptor: int) -> Any:
    """Return the JSON document in a memory file; None if there is none in full."""
    size = os.fstat(descriptor).st_size
    data = b"".join(iter(_blocks(descriptor, size)))
    try:
        return json.loads(data)
    except ValueError:
        return None


def _blocks(descriptor: int, size: int) -> list[bytes]:
    return [os.pread(descriptor, 1 << 20, position) for position in range(0, size, 1 << 20)]
