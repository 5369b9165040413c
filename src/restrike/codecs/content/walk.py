"""The walk that turns a value into its content and its input digest.

An explicit stack, so that depth is bounded by memory only. Every node has two tokens, one in which the order of
dictionaries does not count and one in which it does; a small scalar is its own token, anything else a SHA-256.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterator
from typing import Any

from restrike.codecs.content.anatomy import part_of
from restrike.codecs.content.parts import Branch, Buffer, Leaf, Unknown
from restrike.codecs.content.scalars import SCALARS
from restrike.codecs.errors import HOOK_ERRORS, NoContentDigest, message_of

FORMAT = b"restrike.content/1\0"
Tokens = tuple[bytes, bytes]  # content, input

_ENTANGLED = 20_000  # nodes of cycles walked again, beyond which a value is refused instead of taking for ever
_NO_REACH = 1 << 60


class _Frame:
    """A node whose children are being walked."""

    __slots__ = ("branch", "content", "input", "key", "pending", "reach")

    def __init__(self, key: int | None, branch: Branch):
        self.key = key  # id of the value, None for parts that no other value can share
        self.branch = branch
        self.pending: Iterator[Any] = iter(branch.children)
        self.content: list[bytes] = []
        self.input: list[bytes] = []
        self.reach = _NO_REACH  # depth of the topmost ancestor that something below refers back to


class Walk:
    """Digests of values that may share parts; `left_out` collects what the rules for volatile fields passed over.

    With `keep`, parts are made once per value, so that whoever walks them again meets the same objects.
    """

    def __init__(self, *, keep: bool = False) -> None:
        self.left_out: set[str] = set()
        self._memo: dict[int, Tokens] = {}
        self._alive: list[Any] = []  # ids stay valid only as long as their objects do
        self._parts: dict[int, Branch | Leaf] | None = {} if keep else None
        self._entangled: set[int] = set()
        self._repeats = 0

    def tokens(self, root: Any) -> Tokens:
        """Return the content and the input token of a value. Raise NoContentDigest with the place of what has none."""
        stack: list[_Frame] = []
        depth_of: dict[int, int] = {}
        result = self._enter(root, stack, depth_of)
        while stack:
            frame = stack[-1]
            for child in frame.pending:
                tokens = self._enter(child, stack, depth_of)
                if tokens is None:
                    break
                frame.content.append(tokens[0])
                frame.input.append(tokens[1])
            else:
                result = self._leave(stack, depth_of)
                if stack:
                    stack[-1].content.append(result[0])
                    stack[-1].input.append(result[1])
        assert result is not None
        return result

    def part(self, value: Any) -> Branch | Leaf:
        """Return the parts of a value, the same ones each time if the walk keeps them."""
        if self._parts is None or isinstance(value, (Branch, Leaf)):
            return part_of(value)
        found = self._parts.get(id(value))
        if found is None:
            found = part_of(value)
            if isinstance(found, Branch) and not isinstance(found.children, list):
                found = Branch(found.kind, list(found.children), found.order, found.label, found.left_out)
            self._parts[id(value)] = found
            self._alive.append(value)
        return found

    def _enter(self, value: Any, stack: list[_Frame], depth_of: dict[int, int]) -> Tokens | None:
        """Return the tokens of a value if they are at hand; else open a frame for it and return None."""
        scalar = SCALARS.get(type(value))
        if scalar is not None:
            token = scalar(value)
            return token, token
        key = None if isinstance(value, (Branch, Leaf)) else id(value)
        if key is not None:
            if known := self._memo.get(key):
                return known
            if (depth := depth_of.get(key)) is not None:
                # A cycle: told by how many levels up it leads, never by an address.
                for frame in stack[depth + 1 :]:
                    frame.reach = min(frame.reach, depth)
                stack[depth].reach = min(stack[depth].reach, depth)
                token = b"^" + (len(stack) - depth).to_bytes(4, "little")
                return token, token
            if tokens := _uniform(value) or _flat(value):
                return self._remember(value, tokens)
        try:
            part = self.part(value)
        except Unknown as error:
            raise NoContentDigest(_place(stack), error.reason) from None
        except HOOK_ERRORS as error:
            raise NoContentDigest(_place(stack), message_of(error)) from error
        if isinstance(part, Leaf):
            token = _leaf(part)
            return self._remember(value, (token, token)) if key is not None else (token, token)
        self._open(key, part, stack, depth_of)
        self._alive.append(value)
        return None

    def _open(self, key: int | None, part: Branch, stack: list[_Frame], depth_of: dict[int, int]) -> None:
        if key is not None:
            depth_of[key] = len(stack)
            if key in self._entangled:
                self._repeats += 1
                if self._repeats > _ENTANGLED:
                    raise NoContentDigest(_place(stack), "its objects refer to each other in too many ways to walk")
        self.left_out.update(part.left_out)
        stack.append(_Frame(key, part))

    def _leave(self, stack: list[_Frame], depth_of: dict[int, int]) -> Tokens:
        frame = stack.pop()
        tokens = _branch(frame.branch, frame.content, frame.input)
        if frame.key is not None:
            del depth_of[frame.key]
            # A node on a cycle has no digest of its own: it depends on where the walk came from.
            if frame.reach > len(stack):
                self._memo[frame.key] = tokens
            else:
                self._entangled.add(frame.key)
        return tokens

    def _remember(self, value: Any, tokens: Tokens) -> Tokens:
        self._memo[id(value)] = tokens
        self._alive.append(value)
        return tokens


def content_digest(value: Any) -> tuple[str, str, tuple[str, ...]]:
    """Return content digest, input digest and the names of volatile fields left out of both.

    The content digest does not see the order of dictionaries, the input digest does. Raise NoContentDigest, naming the
    place, where a value holds something (a lock, an open file) whose content cannot be told.
    """
    walk = Walk()
    content, given = walk.tokens(value)
    return _final(content), _final(given), tuple(sorted(walk.left_out))


def _final(token: bytes) -> str:
    return hashlib.sha256(FORMAT + token).hexdigest()


def _branch(branch: Branch, content: list[bytes], given: list[bytes]) -> Tokens:
    if branch.order == "set":
        return _hashed("set", branch.kind, sorted(content)), _hashed("set", branch.kind, sorted(given))
    if branch.order == "mapping":
        by_key = [part for pair in sorted(zip(content[::2], content[1::2], strict=True)) for part in pair]
        token = _hashed("map", branch.kind, by_key)
        return token, token if by_key == given else _hashed("map", branch.kind, given)
    token = _hashed("seq", branch.kind, content)
    return token, token if content == given else _hashed("seq", branch.kind, given)


def _hashed(order: str, kind: str, tokens: list[bytes]) -> bytes:
    head = f"{order} {len(tokens)} {kind}".encode("utf-8", "surrogatepass")
    return b"#" + hashlib.sha256(len(head).to_bytes(4, "little") + head + b"".join(tokens)).digest()


def _leaf(leaf: Leaf) -> bytes:
    head = f"leaf {len(leaf.buffers)} {leaf.kind}".encode("utf-8", "surrogatepass")
    hasher = hashlib.sha256(len(head).to_bytes(4, "little") + head)
    for buffer in leaf.buffers:
        view = memoryview(buffer)
        hasher.update(view.nbytes.to_bytes(8, "little"))
        hasher.update(view)
    return b"#" + hasher.digest()


def _uniform(value: Any) -> Tokens | None:
    """Return the tokens of a long list or tuple of floats, of small integers or of texts, which is hashed in one go."""
    if type(value) not in (list, tuple) or len(value) < 16:
        return None
    kinds = set(map(type, value))
    pack = _PACKED.get(next(iter(kinds))) if len(kinds) == 1 else None
    if pack is None or (buffers := pack(value)) is None:
        return None
    token = _leaf(Leaf(f"{type(value).__name__} of {next(iter(kinds)).__name__}", buffers))
    return token, token


def _flat(value: Any) -> Tokens | None:
    """Return the tokens of a list, tuple or dict of nothing but scalars, which needs no frame of its own."""
    kind = type(value)
    if kind is dict:
        items = [part for pair in value.items() for part in pair]
    elif kind is list or kind is tuple:
        items = value
    else:
        return None
    tokens = []
    for item in items:
        scalar = SCALARS.get(type(item))
        if scalar is None:
            return None
        tokens.append(scalar(item))
    return _branch(Branch(kind.__name__, (), "mapping" if kind is dict else "sequence"), tokens, tokens)


def _floats(value: Any) -> list[Buffer] | None:
    return [_little(array("d", value))]


def _integers(value: Any) -> list[Buffer] | None:
    try:
        return [_little(array("q", value))]
    except OverflowError:
        return None


def _texts(value: Any) -> list[Buffer] | None:
    encoded = [text.encode("utf-8", "surrogatepass") for text in value]
    return [_little(array("q", map(len, encoded))), b"".join(encoded)]


def _little(values: array[Any]) -> bytes:
    import sys

    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


_PACKED: dict[type, Callable[[Any], list[Buffer] | None]] = {float: _floats, int: _integers, str: _texts}


def _place(stack: list[_Frame]) -> str:
    """Return the path to the child that was about to be entered."""
    steps = []
    for frame in stack:
        done = len(frame.content)
        index = done // 2 if frame.branch.order == "mapping" else done
        if frame.branch.label is not None:
            steps.append(frame.branch.label(index))
    return "".join(steps)
