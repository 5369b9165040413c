"""From a stored artifact back to a value of the kind that a step asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from restrike.codecs import datasets, wanted
from restrike.codecs.errors import CannotConvert, CannotLoad
from restrike.codecs.formats import arrays, json_text, pickles, tables, tagged_json


def decode(path: Path, codec: str, want: Any = None, engine: str | None = None) -> Any:
    """Return the value of an artifact, as what is wanted, else as what it was.

    `want` is an annotation; `Path` gets the file as it lies. A stored file wanted as a table is read as its suffix
    (`engine`) or its first bytes say; `str` and `bytes` get its content. Raise CannotConvert where that makes no sense.
    """
    name = wanted.name_of(want)
    if name == "Path" or codec == "folder@1":
        if name in ("Path", None):
            return path
        raise CannotConvert(
            f"'{path.name}' is a folder and cannot be given as '{name}'", hint="annotate the input as Path"
        )
    if codec == "file@1":
        return path if name is None else datasets.read_file(path, {}, name, suffix=engine or path.suffix)
    reader = _READERS.get(codec)
    if reader is None:
        raise CannotLoad(f"'{path.name}' is kept as '{codec}', which this version does not know")
    return reader(path, name)


def _json(path: Path, want: str | None) -> Any:
    return _loaded(path, want, json_text.loads)


def _tagged(path: Path, want: str | None) -> Any:
    return _loaded(path, want, tagged_json.loads)


def _loaded(path: Path, want: str | None, loads: Callable[[str], Any]) -> Any:
    if want == "bytes":
        return path.read_bytes()
    text = path.read_text(encoding="utf-8")
    if want == "str":
        return text
    try:
        return loads(text)
    except ValueError as error:
        raise CannotLoad(f"'{path.name}' is not JSON: {error}") from error


def _text(path: Path, want: str | None) -> Any:
    if want == "bytes":
        return path.read_bytes()
    return _only(path.read_bytes().decode("utf-8"), "text", want, "str")


def _bytes(path: Path, want: str | None) -> Any:
    return path.read_bytes().decode("utf-8") if want == "str" else _only(path.read_bytes(), "bytes", want, "bytes")


def _array(path: Path, want: str | None) -> Any:
    array = arrays.read(path)
    return array.tolist() if want == "list" else _only(array, "an array", want, "numpy.ndarray")


def _scalar(path: Path, want: str | None) -> Any:
    value = arrays.read(path, scalar=True)
    return value.item() if want in ("float", "int", "bool", "str") else value


def _pickle(path: Path, want: str | None) -> Any:
    value = pickles.read(path)
    engine = tables.engine_of(value)
    return value if engine is None or want in (None, engine) else tables.give(value, engine, want)


def _only(value: Any, what: str, want: str | None, own: str) -> Any:
    if want not in (None, own):
        raise CannotConvert(f"{what} cannot be given as '{want}'", hint=f"annotate the input as {own}")
    return value


_READERS: dict[str, Callable[[Path, str | None], Any]] = {
    "json@1": _json,
    "values/json@1": _tagged,
    "text@1": _text,
    "bytes@1": _bytes,
    "table/arrow@1": tables.read,
    "array/npy@1": _array,
    "scalar/npy@1": _scalar,
    "sklearn/pickle@1": _pickle,
    "pickle@1": _pickle,
}
