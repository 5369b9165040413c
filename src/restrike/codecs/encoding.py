"""From the value a step returned to bytes in a file, in the most faithful and most open format there is for it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path, PurePath
from typing import Any, Literal

from restrike.codecs.content.parts import lineage
from restrike.codecs.content.walk import content_digest
from restrike.codecs.errors import NoContentDigest
from restrike.codecs.formats import arrays, json_text, paths, pickles, tables, tagged_json
from restrike.codecs.formats.columns import Unsupported


@dataclass(frozen=True)
class Encoded:
    """How a value was written, and what it is.

    `content` and `input` are None where only the bytes can be compared. `volatile` names the fields that both digests
    leave out. `engine` is what the consumer gets without an annotation: the library and class of a table, the suffix of
    a file. `executes_code` marks formats that must not be loaded outside a sandbox.
    """

    codec: str
    kind: Literal["file", "folder"]
    content: str | None
    input: str | None
    executes_code: bool = False
    volatile: tuple[str, ...] = ()
    engine: str = ""
    notes: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**asdict(self), "volatile": list(self.volatile), "notes": list(self.notes)}


def encode(value: Any, folder: Path, name: str) -> Encoded:
    """Write a value to `folder/name`. Raise CannotStore, naming the part at fault, for what no format takes."""
    target = folder / name
    if isinstance(value, PurePath):
        source = Path(value)
        kind = paths.keep(source, target, name)
        if kind == "folder":
            return Encoded("folder@1", "folder", None, None)
        return Encoded("file@1", "file", None, None, engine=source.suffix)
    codec, engine, notes = _write(value, target, name)
    try:
        content, given, volatile = content_digest(value)
    except NoContentDigest as error:
        place = f"{name}{error.place}"
        notes = (*notes, f"no content digest, so only bytes are compared: '{place}': {error.reason}")
        return Encoded(codec, "file", None, None, codec in EXECUTES_CODE, (), engine, notes)
    return Encoded(codec, "file", content, given, codec in EXECUTES_CODE, volatile, engine, notes)


EXECUTES_CODE = frozenset({"sklearn/pickle@1", "pickle@1"})


def _write(value: Any, target: Path, name: str) -> tuple[str, str, tuple[str, ...]]:
    """Write a value and return codec, engine and notes."""
    if type(value) is str and json_text.is_unicode(value):
        target.write_bytes(value.encode("utf-8"))
        return "text@1", "str", ()
    if type(value) is bytes:
        target.write_bytes(value)
        return "bytes@1", "bytes", ()
    if json_text.is_json(value):
        target.write_text(json_text.dumps(value), encoding="utf-8", newline="")
        return "json@1", type(value).__name__, ()
    if type(value) in (dict, list, tuple, set, frozenset) and (text := _tagged(value)) is not None:
        target.write_text(text, encoding="utf-8", newline="")
        return "values/json@1", type(value).__name__, ()
    notes: tuple[str, ...] = ()
    if engine := tables.engine_of(value):
        try:
            tables.write(value, engine, target)
        except Unsupported as error:
            notes = (f"output '{name}' is a table kept as a pickle: {error}",)
        else:
            return "table/arrow@1", engine, ()
    known = lineage(type(value))
    if ("numpy", "ndarray") in known and arrays.is_storable(value):
        arrays.write(value, target)
        return "array/npy@1", "numpy.ndarray", ()
    if ("numpy", "generic") in known and arrays.is_storable(value):
        arrays.write(value, target)
        return "scalar/npy@1", "numpy.generic", ()
    pickles.write(value, target, name)
    return "sklearn/pickle@1" if pickles.is_estimator(value) else "pickle@1", engine or type(value).__qualname__, notes


def _tagged(value: Any) -> str | None:
    try:
        return tagged_json.dumps(value)
    except (tagged_json.Untold, NoContentDigest):
        return None
