"""What the grammar is made of: sections that name their keys, and checked texts and numbers.

Every message starts after the subject: "'seed' " is put before "has to be a whole number" by `wording`.
"""

from __future__ import annotations

import codecs
import math
import posixpath
import re
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from restrike.config.scalars import described
from restrike.pipeline import hosts

Json = dict[str, Any]


def wrong(message: str, **more: Any) -> PydanticCustomError:
    """Return an error with our own words; braces in them are kept as they are."""
    return PydanticCustomError("restrike", "{told}", {"told": message, **more})


class Section(BaseModel):
    """A mapping with known keys. A key that may be left out counts as left out when its value is null."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="wrap")
    @classmethod
    def _told_with_keys(cls, value: Any, handler: ModelWrapValidatorHandler[Section]) -> Section:
        if not isinstance(value, dict):
            return handler(value)
        names = cls.keys()
        given = {key: item for key, item in value.items() if item is not None or key not in names}
        try:
            return handler(given)
        except ValidationError as error:
            raise _with_keys(error, names) from None

    @classmethod
    def keys(cls) -> list[str]:
        return [field.alias or name for name, field in cls.model_fields.items()]


def _with_keys(error: ValidationError, names: list[str]) -> ValidationError:
    details: list[InitErrorDetails] = []
    for line in error.errors(include_url=False):
        kind: Any = line["type"]
        if kind == "extra_forbidden" and len(line["loc"]) == 1:
            kind = PydanticCustomError("unknown_key", "unknown key", {"allowed": names})
        elif kind in ("restrike", "unknown_key"):
            kind = PydanticCustomError(kind, "{told}", line.get("ctx"))
        details.append({"type": kind, "loc": line["loc"], "input": line["input"], "ctx": line.get("ctx", {})})
    return ValidationError.from_exception_data(error.title, details)


def chosen(pick: Callable[[Json], type[Section]]) -> WrapValidator:
    """Choose among several forms of a mapping by what it holds, so that errors speak of that form alone."""

    def validate(value: Any, handler: Any) -> Any:
        return pick(value).model_validate(value) if isinstance(value, dict) else _no_mapping(value)

    return WrapValidator(validate)


def _no_mapping(value: Any) -> Any:
    raise PydanticCustomError("dict_type", "not a mapping")


def _without_nulls(value: Any) -> Any:
    return {key: item for key, item in value.items() if item is not None} if isinstance(value, dict) else value


TakenBack = BeforeValidator(_without_nulls)  # for mappings whose keys the user names

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_IMPORT = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise wrong("is no name: use letters, digits, '_' and '-', beginning with a letter")
    return text


def _step_name(text: str) -> str:
    if text == "data":
        raise wrong("cannot name a step: 'data.NAME' is how steps name datasets")
    return _name(text)


def _argument(text: str) -> str:
    if not text.isidentifier():
        raise wrong("is no name for an argument: use letters, digits and '_', beginning with a letter")
    return text


def _variable(text: str) -> str:
    if not _VARIABLE.fullmatch(text):
        raise wrong(f"names no environment variable: '{text}'")
    return text


def _import_path(text: str) -> str:
    if _IMPORT.fullmatch(text):
        return text
    module, _, name = text.rpartition(".")
    if ":" not in text and module and _MODULE.fullmatch(text):
        raise wrong(f"has to be an import path, module:name, not '{text}'; did you mean '{module}:{name}'?")
    raise wrong(f"has to be an import path, module:name, not '{text}'")


def _module(text: str) -> str:
    if not _MODULE.fullmatch(text):
        raise wrong(f"has to name a module, not '{text}'")
    return text


def _filled(text: str) -> str:
    if not text.strip() or any(ord(sign) < 32 for sign in text):
        raise wrong("has to be a text of one line that is not empty")
    return text


def _data_path(text: str) -> str:
    path = posixpath.normpath(_filled(text))
    if text.startswith("~") and not path.startswith("~/"):
        raise wrong(f"is no file or folder in your home: '{text}'; give the whole path")
    if path == ".." or path.startswith("../"):
        raise wrong(f"leads out of the project: '{text}'; give it as an absolute path")
    if path == ".":
        raise wrong("is the project folder itself; name a file or folder in it")
    return path


def _output_path(text: str) -> str:
    path = posixpath.normpath(_filled(text))
    if path.startswith(("/", "~", "../")) or path in (".", ".."):
        raise wrong(f"has to be a path inside the working directory, not '{text}'")
    return path


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise wrong(f"has to be a finite number, not {number}")
    return number


def _encoding(text: str) -> str:
    try:
        return codecs.lookup(text).name
    except LookupError:
        raise wrong(f"names no known text encoding: '{text}'") from None


def _separator(text: str) -> str:
    if len(text) != 1 or text in "\r\n":
        raise wrong(f"has to be one character, not '{text}'")
    return text


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, dict | list):
        raise wrong(f"has to be a text, a number, true or false, not {described(value)}")
    return value


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _distinct(items: list[Any]) -> list[Any]:
    for position, item in enumerate(items):
        if item in items[:position]:
            raise wrong(f"names '{item}' twice", item=position)
    return items


def _rising(edges: list[float]) -> list[float]:
    for position in range(1, len(edges)):
        if edges[position] <= edges[position - 1]:
            raise wrong(f"have to rise: {edges[position]:g} follows {edges[position - 1]:g}", item=position)
    return edges


def _network(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if not isinstance(value, list):
        raise wrong(f"has to be true, false or a list of hosts, not {described(value)}{_as_list(value)}")
    found = set()
    for position, text in enumerate(value):
        if not isinstance(text, str):
            raise wrong(f"has to hold names of hosts, not {described(text)}", item=position)
        try:
            found.add(str(hosts.parse(text)))
        except hosts.NotAHost as error:
            raise wrong(str(error), item=position) from None
    return sorted(found) or False


def _as_list(value: Any) -> str:
    return f"; did you mean [{value}]?" if isinstance(value, str) else ""


Name = Annotated[str, AfterValidator(_name)]
StepName = Annotated[str, AfterValidator(_step_name)]
Argument = Annotated[str, AfterValidator(_argument)]
Variable = Annotated[str, AfterValidator(_variable)]
Use = Annotated[str, AfterValidator(_import_path), Field(description="import path, module:name")]
Module = Annotated[str, AfterValidator(_module)]
Text = Annotated[str, AfterValidator(_filled)]
DataPath = Annotated[str, AfterValidator(_data_path)]
OutputPath = Annotated[str, AfterValidator(_output_path)]
Encoding = Annotated[str, AfterValidator(_encoding)]
Separator = Annotated[str, AfterValidator(_separator)]
Number = Annotated[float, AfterValidator(_finite)]
Share = Annotated[Number, Field(gt=0, lt=1)]
Scalar = Annotated[Any, AfterValidator(_scalar), WithJsonSchema({"type": ["string", "number", "boolean"]})]
Network = Annotated[
    Any,
    AfterValidator(_network),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "array", "items": {"type": "string"}}]}),
]
Params = dict[str, Any]
Columns = Annotated[list[Text], Field(min_length=1), AfterValidator(_distinct)]
Listed = BeforeValidator(_listed, json_schema_input_type=str | list[str] | None)  # one name for a list of one
Edges = Annotated[list[Number], Field(min_length=1), AfterValidator(_rising)]
Distinct = AfterValidator(_distinct)
