"""The step `split`: which row belongs to which part.

Every function returns a table with the columns `key` and `part`. Its order is the order in which the rows are used for
training and evaluation. The order in which parts are declared never matters, since a recipe does not keep it: parts
are taken as `in_order` says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from restrike.training import checks
from restrike.training.errors import ComponentError, DataError
from restrike.training.rows import Table, cell, cells, content, joined

TRAIN, TEST = "train", "test"


def in_order(parts: Iterable[str]) -> list[str]:
    """Return the names of parts: `train` first, `test` last, the others by name."""
    return sorted(parts, key=lambda part: (part != TRAIN, part == TEST, part))


def by_hash(table: Table, *, fractions: dict[str, float], key: list[str] | None, salt: str) -> Table:
    """Assign each row by a keyed hash of its key, or of its content where it has none.

    Rows that are added, removed or put in another order move no other row; rows with the same key, or without a key
    the same content, stay together.
    """
    identities = joined(table, key) if key else [content(name).encode() for name in table.index]
    limits = _limits(fractions)
    secret = _secret(salt)
    found: dict[bytes, str] = {}
    for identity in identities:
        if identity not in found:
            found[identity] = _part(hash_of(identity, secret), limits)
    return _membership(table.index, [found[identity] for identity in identities], list(fractions))


def hash_of(identity: bytes, secret: bytes) -> int:
    """Return the 64-bit keyed BLAKE2b of an identity, first byte most significant."""
    return int.from_bytes(
        hashlib.blake2b(identity, digest_size=8, key=secret, person=b"restrike-split/1").digest(), "big"
    )


def _secret(salt: str) -> bytes:
    encoded = salt.encode("utf-8")
    return encoded if len(encoded) <= hashlib.blake2b.MAX_KEY_SIZE else hashlib.blake2b(encoded).digest()


def _limits(fractions: dict[str, float]) -> list[tuple[int, str]]:
    """Return for each part, in order, the first hash that is not in it any more."""
    found, total = [], Fraction(0)
    for part in in_order(fractions):
        total += Fraction(repr(float(fractions[part])))  # 0.7 means seven tenths, not the float next to it
        found.append((int(total * 2**64), part))
    found[-1] = (2**64, found[-1][1])
    return found


def _part(value: int, limits: list[tuple[int, str]]) -> str:
    return next(part for limit, part in limits if value < limit)


def at_random(table: Table, *, fractions: dict[str, float], stratify: str | None, seed: int) -> Table:
    """Assign rows as scikit-learn's `train_test_split(..., random_state=seed)` does.

    Two parts are one call with the other part's fraction as `test_size`. Of three, the last in order is cut off first;
    a second call with the same seed divides the rest, its `test_size` being the share that the other part has of it.
    """
    import numpy as np

    others = [part for part in in_order(fractions) if part != TRAIN]
    if TRAIN not in fractions or not 1 <= len(others) <= 2:
        raise DataError(f"a random split has the part 'train' and one or two more, not: {', '.join(fractions)}")
    if not 0 <= seed < 2**32:
        raise ComponentError(f"a random split takes a seed from 0 to {2**32 - 1}, not {seed}")
    strata = None if stratify is None else table[stratify].to_numpy()
    rest = np.arange(len(table))
    order: dict[str, Any] = {}
    left = 1.0
    for part in reversed(others):
        share = fractions[part] if left == 1.0 else fractions[part] / left
        rest, order[part] = _cut(rest, share, seed, None if strata is None else strata[rest], stratify)
        left = sum(fractions[name] for name in (TRAIN, *others) if name not in order)
    order[TRAIN] = rest
    names = in_order(fractions)
    rows = np.concatenate([order[part] for part in names])
    return _membership(table.index[rows], [part for part in names for _ in order[part]], names)


def _cut(rows: Any, share: float, seed: int, strata: Any, stratify: str | None) -> tuple[Any, Any]:
    from sklearn.model_selection import train_test_split

    try:
        rest, cut = train_test_split(rows, test_size=share, random_state=seed, stratify=strata)
    except ValueError as error:
        by = f" by '{stratify}'" if stratify else ""
        raise DataError(f"{len(rows)} rows cannot be split{by}: {error}") from None
    return rest, cut


def by_column(table: Table, *, column: str, parts: dict[str, list[Any]] | None) -> Table:
    """Assign rows by the value of a column: a part's name, or one of the values declared for a part."""
    checks.columns(table, "load.table", [column])
    wanted = {part: [part] for part in _texts(table[column])} if parts is None else parts
    owner: dict[bytes, str] = {}
    for part, values in wanted.items():
        for value in values:
            if owner.setdefault(written := cell(value), part) != part:
                raise DataError(f"value {value!r} of '{column}' is in both '{owner[written]}' and '{part}'")
    found = []
    for position, written in enumerate(map(_unled, cells(table[column]))):
        if written not in owner:
            value = table[column].iloc[position]
            raise DataError(
                f"row {position + 1} has {value!r} in column '{column}', which belongs to no part",
                hint="give such rows a part of their own, which nothing needs to be evaluated on",
            )
        found.append(owner[written])
    return _membership(table.index, found, list(wanted) if parts else list(dict.fromkeys(found)))


def _texts(column: Any) -> list[str]:
    values = column.dropna().unique().tolist()
    if any(not isinstance(value, str) for value in values):
        raise DataError(
            f"column '{column.name}' does not hold the names of parts, but values such as {values[0]!r}",
            hint="say which values are which part: split: {parts: {train: [...], test: [...]}}",
        )
    return values  # type: ignore[no-any-return]  # pandas is not typed here


def _unled(text: bytes) -> bytes:
    return text.partition(b":")[2]


def by_file(origin: Table) -> Table:
    """Return the parts that the rows were loaded from."""
    return _membership(origin["key"], list(origin["part"]), list(dict.fromkeys(origin["part"])))


def _membership(keys: Any, parts: list[str], names: list[str]) -> Table:
    import pandas

    table = pandas.DataFrame({"key": list(keys), "part": parts})
    checks.parts(table, list(dict.fromkeys([TRAIN, *names])))
    return table
