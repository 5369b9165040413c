"""The configuration that `restrike init` writes."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from restrike.config.scalars import meaning

if TYPE_CHECKING:
    from restrike.config.guess import Table

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*")
_WIDTH = 100
_ESCAPED = re.compile("[^ -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_PREPROCESS = {
    "numeric": """\
  numeric:
    - {use: "sklearn.impute:SimpleImputer", params: {strategy: median}}
    - {use: "sklearn.preprocessing:StandardScaler"}
""",
    "categorical": """\
  categorical:
    - {use: "sklearn.impute:SimpleImputer", params: {strategy: most_frequent}}
    - {use: "sklearn.preprocessing:OneHotEncoder", params: {handle_unknown: ignore}}
""",
}
_CLASSIFIER = '{use: "sklearn.linear_model:LogisticRegression", params: {C: 1.0, max_iter: 500}}'
_REGRESSOR = '{use: "sklearn.linear_model:Ridge", params: {alpha: 1.0}}'


def starter(data: Path | None, folder: Path = Path()) -> str:
    """Return a commented `restrike.yaml`; columns are guessed where `data` is a file of separated values.

    `data` is written down as it is given, so it should be relative to the project, which is `folder`.
    """
    from restrike.config.guess import look  # imports csv, which only `init` needs

    table = look(folder / data) if data is not None else None
    guessed = "   # a guess: check it" if table else ""
    regression = table is not None and table.regression
    features = table.features() if table else {"numeric": ["age", "income"]}
    label = table.label.name if table else "bought"
    path = data.as_posix() if data is not None else "data/train.csv"
    return _TEMPLATE.format(
        dataset=_dataset(path, table),
        features=_features(features, guessed),
        left_out=_left_out(table),
        label=text(label) + guessed,
        preprocess="".join(_PREPROCESS[group] for group in features),
        estimator=_REGRESSOR if regression else _CLASSIFIER,
        metrics=_metrics(table),
        slices=_slices(features),
        gate="{metric: r2, on: test, min: 0.5}"
        if table and table.regression
        else "{metric: accuracy, on: test, min: 0.75}",
    )


def text(value: str) -> str:
    """Return a text as YAML that means exactly this text."""
    if _PLAIN.fullmatch(value) and meaning(value) == value:
        return value
    return _ESCAPED.sub(lambda sign: f"\\U{ord(sign[0]):08x}", json.dumps(value, ensure_ascii=False))


def _dataset(path: str, table: Table | None) -> str:
    read: list[str] = []
    if table is not None and not table.header:
        names = ", ".join(text(column.name) for column in table.columns)
        read += ["header: false", f"columns: [{names}]"]
    if table is not None and table.separator not in ",\t":
        read.append(f"separator: {json.dumps(table.separator)}")
    if table is not None and table.encoding != "utf-8":
        read.append(f"encoding: {table.encoding}")
    named = f"    path: {text(path)}\n"
    return named + (f"    read: {{{', '.join(read)}}}\n" if read else "")


def _features(features: dict[str, list[str]], guessed: str) -> str:
    return "".join(f"  {group}:{guessed}\n{_list(names)}\n" for group, names in features.items())


def _left_out(table: Table | None) -> str:
    if table is None:
        return ""
    used = {name for names in table.features().values() for name in names} | {table.label.name}
    names = [column.name for column in table.columns if column.name not in used]
    told = f"Left out, as row numbers, free text or constants: {', '.join(names)}"
    return textwrap.fill(told, 110, initial_indent="  # ", subsequent_indent="  # ") + "\n" if names else ""


def _metrics(table: Table | None) -> str:
    if table is not None and table.regression:
        return "[r2, rmse, mae]"
    binary = table is None or table.label.categories <= 2
    return "[accuracy, roc_auc, recall]" if binary else "[accuracy, f1]"


def _slices(features: dict[str, list[str]]) -> str:
    if "categorical" in features:
        return f"[{{by: {text(features['categorical'][0])}}}]"
    return f"[]   # for example: [{{by: {text(features['numeric'][0])}, bins: [10, 20]}}]"


def _list(names: Iterable[str]) -> str:
    """Return a list over as many lines as it needs, for a key on the line above."""
    lines = [""]
    for name in names:
        if len(lines[-1]) + len(name) > _WIDTH:
            lines.append("")
        lines[-1] += f" {text(name)},"
    listed = "\n     ".join(line.lstrip() for line in lines)
    return f"    [{listed.removesuffix(',')}]"


_TEMPLATE = """\
# What `restrike run` executes. Every key: docs/reference/configuration.md
restrike: 1
seed: 0                   # the same seed, code, data and environment give the same result

data:
  rows:
{dataset}
train_on: rows
features:                 # columns by group; each group has its own preprocessing
{features}{left_out}label: {label}

# hash: a row stays in its part when rows are added or put in another order
split: {{method: hash, fractions: {{train: 0.7, eval: 0.15, test: 0.15}}}}

preprocess:               # fitted on the part train only
{preprocess}
# Any estimator with scikit-learn's interface, by import path; try: restrike run --set train.params.NAME=VALUE
train: {estimator}

evaluate:
  metrics: {metrics}
  slices: {slices}

# A run that misses a gate is recorded as blocked, with exit code 3.
# gates:
#   - {gate}
"""
