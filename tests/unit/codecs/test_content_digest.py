"""What the content digest sees and what it does not."""

from __future__ import annotations

import collections
import copy
import dataclasses
import decimal
import enum
import functools
import pathlib
import pickle
import struct
import threading
import time
import uuid
import zoneinfo
from datetime import date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from restrike.codecs import NoContentDigest, content_digest


def content(value: Any) -> str:
    return content_digest(value)[0]


def given_as(value: Any) -> str:
    return content_digest(value)[1]


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a: Any):
        self.a = a


class Plain:
    def __init__(self, **values: Any):
        self.__dict__.update(values)

    def method(self) -> None:
        return None


@dataclasses.dataclass
class Point:
    x: float
    y: list[int]


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Texts(list):  # type: ignore[type-arg]
    pass


class Tags(set):  # type: ignore[type-arg]
    pass


def top_level(x: int, scale: float = 2.0) -> float:
    """Double."""
    return x * scale


def flipped(value: float) -> float:
    """Return a number that differs in the last bit."""
    return float(struct.unpack("<d", struct.pack("<q", struct.unpack("<q", struct.pack("<d", value))[0] ^ 1))[0])


def other_nan() -> float:
    return float(struct.unpack("<d", struct.pack("<Q", 0x7FF8000000000123))[0])


def closing_over(value: Any) -> Any:
    return lambda x: x + value


def cycle() -> list[Any]:
    ring: list[Any] = [1]
    ring.append({"ring": ring, "pair": (ring, 2)})
    return ring


def family() -> Plain:
    parent = Plain(name="parent", children=[])
    for name in "abc":
        parent.children.append(Plain(name=name, parent=parent))
    return parent


PICKLED = [
    None,
    True,
    2**100,
    -(2**63),
    1.5,
    -0.0,
    other_nan(),
    3 + 4j,
    "ü",
    "\ud800",
    b"x",
    bytearray(b"x"),
    [1, [2, (3, {4: {5}})]],
    list(range(100)),
    [float(i) for i in range(100)],
    [str(i) for i in range(100)],
    {"a": 1, ("b", 2): [None]},
    {i: str(i) for i in range(50)},
    {"x", "y", "z", 1, 2.5, frozenset({"q"})},
    collections.OrderedDict(b=1, a=2),
    collections.defaultdict(list, a=[1]),
    collections.Counter("abba"),
    collections.deque([1, 2], maxlen=3),
    Texts([1, 2]),
    Tags(["a", "b", "c", "d"]),
    Slotted(1),
    Plain(a=1, b=[2]),
    Plain(m=Plain().method),
    Point(1.0, [2]),
    Colour.RED,
    functools.partial(top_level, scale=3.0),
    top_level,
    len,
    str.lower,
    np.add,
    np.mean,
    Plain,
    range(3),
    slice(1, 2),
    ...,
    decimal.Decimal("1.10"),
    datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=1))),
    datetime(2020, 1, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")),
    date(2020, 1, 1),
    pathlib.PurePosixPath("a/b"),
    uuid.UUID(int=5),
    object,
    cycle(),
    family(),
    np.arange(6).reshape(2, 3),
    np.array([1, "a", None], dtype=object),
    np.array(["a", "b"]),
    np.array(5.0),
    np.float32(1),
    np.longdouble(1),
    np.datetime64("2020-01-01"),
    np.dtype("f8"),
    np.dtype([("a", "i4"), ("b", "S3")]),
    np.array([(1, b"x")], dtype=[("a", "i4"), ("b", "S3")]),
    np.ma.masked_array([1, 2], [True, False]),
    np.random.RandomState(3),
    np.random.default_rng(3),
    np.random.SeedSequence(3),
    scipy.sparse.random(5, 5, 0.5, "csr", random_state=0),
    scipy.sparse.coo_array(np.eye(2)),
    pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": pd.Categorical(["u", "v"])}),
    pd.Series([1, None], dtype="Int64"),
    pd.MultiIndex.from_tuples([("a", 1)], names=["x", None]),
    pd.date_range("2020", periods=3, tz="UTC"),
    pd.Timestamp("2020", tz="Europe/Berlin"),
    pd.Timedelta("1s"),
    pd.NA,
    pd.NaT,
    pd.array([True, None], dtype="boolean"),
    pd.Categorical(["a", None]),
    pl.DataFrame({"a": [1, None], "b": [["x"], []], "c": [{"q": 1}, None]}),
    pl.Series("a", ["x", None]),
    pa.table({"a": [1, None], "b": ["x", None], "c": [[1], None]}),
    pa.array([1.5, None]),
    pa.scalar(3),
    pa.int64(),
]


@pytest.mark.parametrize("value", PICKLED, ids=lambda value: type(value).__name__)
def test_equal_after_pickling_and_from_call_to_call(value: Any) -> None:
    first = content_digest(value)
    assert content_digest(value) == first
    assert content_digest(pickle.loads(pickle.dumps(value))) == first
    assert content_digest([value, 1]) == content_digest([copy.deepcopy(value), 1])


def test_all_those_values_differ() -> None:
    digests = [content(value) for value in PICKLED]
    assert len(set(digests)) == len(digests)


TABLE = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
UTC_STAMP = pd.Series(pd.to_datetime(["2020-01-01"], utc=True))
NESTED = np.array([1.0, 2.0, 3.0])

DIFFERENT = {
    "one bit": (1.1, flipped(1.1)),
    "one bit in an array": (np.array([1.1, 2]), np.array([flipped(1.1), 2])),
    "one bit in a long list": ([1.1] * 50, [1.1] * 49 + [flipped(1.1)]),
    "negative zero": (0.0, -0.0),
    "negative zero in an array": (np.array([0.0]), np.array([-0.0])),
    "the payload of NaN": (float("nan"), other_nan()),
    "the payload of NaN in a table": (pd.DataFrame({"a": [float("nan")]}), pd.DataFrame({"a": [other_nan()]})),
    "int and float": (1, 1.0),
    "int and bool": (1, True),
    "text and bytes": ("a", b"a"),
    "list and tuple": ([1], (1,)),
    "list and its subclass": ([1], Texts([1])),
    "set and frozenset": ({1}, frozenset({1})),
    "Python and numpy": (1.0, np.float64(1.0)),
    "scalar and no dimension": (np.float64(1), np.array(1.0)),
    "dtype": (np.array([1], "i4"), np.array([1], "i8")),
    "shape": (np.zeros((2, 3)), np.zeros((3, 2))),
    "unit of time": (np.array(["2020"], "M8[s]"), np.array(["2020"], "M8[ns]")),
    "order of rows": (TABLE, TABLE.iloc[::-1]),
    "labels of rows": (TABLE, TABLE.set_axis([5, 6])),
    "order of columns": (TABLE, TABLE[["b", "a"]]),
    "name of the index": (TABLE, TABLE.rename_axis("n")),
    "range and labels": (TABLE, TABLE.set_axis(pd.Index([0, 1]))),
    "null and zero": (pd.array([0, None], dtype="Int64"), pd.array([0, 0], dtype="Int64")),
    "null and NaN": (pd.Series([None, 1.0], dtype=object), pd.Series([float("nan"), 1.0], dtype=object)),
    "null and empty text": (pl.Series(["", None]), pl.Series(["", ""])),
    "null and empty list": (pa.array([[], None]), pa.array([[], []])),
    "object and text": (pd.Series(["a"], dtype=object), pd.Series(["a"], dtype="string")),
    "where texts part": (["ab", "c"] * 20, ["a", "bc"] * 20),
    "where cells part": (pa.array(["ab", "c"]), pa.array(["a", "bc"])),
    "time zone": (UTC_STAMP, UTC_STAMP.dt.tz_convert("Europe/Berlin")),
    "unused category": (pd.Categorical(["a"]), pd.Categorical(["a"], categories=["a", "b"])),
    "order of categories": (pd.Categorical(["a", "b"]), pd.Categorical(["a", "b"], categories=["b", "a"])),
    "ordered categories": (pd.Categorical(["a"]), pd.Categorical(["a"], ordered=True)),
    "pandas and polars": (pd.DataFrame({"a": [1]}), pl.DataFrame({"a": [1]})),
    "polars dtype": (pl.Series([1], dtype=pl.Int32), pl.Series([1], dtype=pl.Int64)),
    "name of a polars column": (pl.DataFrame({"a": [1]}), pl.DataFrame({"b": [1]})),
    "arrow type": (pa.array([1], pa.int32()), pa.array([1], pa.int64())),
    "closure": (closing_over(1), closing_over(2)),
    "body of a lambda": (lambda x: x + 1, lambda x: x + 2),
    "default": (lambda x=1: x, lambda x=2: x),
    "partial": (functools.partial(top_level, scale=1.0), functools.partial(top_level, scale=2.0)),
    "class": (Plain(a=1), Slotted(1)),
    "attribute": (Plain(a=1), Plain(b=1)),
    "slot not set": (Slotted(1), Slotted(None)),
    "order of an OrderedDict": (collections.OrderedDict(a=1, b=2), collections.OrderedDict(b=2, a=1)),
    "depth of a cycle": (cycle(), [1, {"ring": cycle(), "pair": (cycle(), 2)}]),
    "stored zero of a sparse matrix": (
        scipy.sparse.csr_matrix(([0.0], ([0], [0])), shape=(2, 2)),
        scipy.sparse.csr_matrix((2, 2)),
    ),
    "state of a generator": (np.random.RandomState(0), np.random.RandomState(1)),
    "what a generator spawns": (
        np.random.Generator(np.random.PCG64(np.random.SeedSequence(1))),
        np.random.Generator(np.random.PCG64(np.random.SeedSequence(1, n_children_spawned=1))),
    ),
    "key and value": ({"a": "b"}, {"b": "a"}),
    "missing value of a masked array": (np.ma.masked_array([1, 2], [1, 0]), np.ma.masked_array([1, 2], [0, 1])),
}


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=DIFFERENT)
def test_differ(pair: tuple[Any, Any]) -> None:
    assert content(pair[0]) != content(pair[1])
    assert given_as(pair[0]) != given_as(pair[1])


def unconsolidated() -> pd.DataFrame:
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    frame["b"] = ["x", "y"]
    return frame


def unsorted_rows() -> Any:
    matrix = scipy.sparse.csr_matrix(([2.0, 1.0], [1, 0], [0, 2]), shape=(1, 2))
    assert not matrix.has_sorted_indices
    return matrix


def shared() -> list[Any]:
    inner = [1]
    return [inner, inner]


GRID = np.arange(12.0).reshape(3, 4)
EQUAL = {
    "Fortran order": (GRID, np.asfortranarray(GRID)),
    "strides": (GRID, np.repeat(GRID, 2, axis=0)[::2]),
    "reversed twice": (GRID, GRID[::-1].copy()[::-1]),
    "byte order": (GRID, GRID.astype(">f8")),
    "padding of records": (
        np.array([(1, 2.0)], dtype=[("a", "i1"), ("b", "f8")]),
        np.array([(1, 2.0)], dtype=np.dtype([("a", "i1"), ("b", "f8")], align=True)),
    ),
    "blocks": (TABLE, unconsolidated()),
    "a slice of a table": (pd.DataFrame({"a": [2, 3]}), pd.DataFrame({"a": [1, 2, 3]}).iloc[1:].reset_index(drop=True)),
    "chunks": (pa.chunked_array([[1, 2, 3]]), pa.chunked_array([[1], [2, 3]])),
    "chunks in polars": (pl.Series("a", [1, 2]), pl.Series("a", [1]).append(pl.Series("a", [2]))),
    "offset": (pa.array(["b", None]), pa.array(["a", "b", None])[1:]),
    "offset of lists": (pa.array([[2], [3]]), pa.array([[1], [2], [3]])[1:]),
    "codes": (
        pa.DictionaryArray.from_arrays([0, 1], ["a", "b"]),
        pa.DictionaryArray.from_arrays(pa.array([1, 0]), ["b", "a"]),
    ),
    "garbage under a null": (
        pa.Array.from_buffers(pa.int64(), 2, [pa.py_buffer(b"\x02"), pa.py_buffer(np.array([7, 1]))]),
        pa.array([None, 1], pa.int64()),
    ),
    "how text is held": (
        pd.Series(["a", None], dtype=pd.StringDtype("python")),
        pd.Series(["a", None], dtype=pd.StringDtype("pyarrow")),
    ),
    "order in a sparse matrix": (unsorted_rows(), scipy.sparse.csr_matrix(np.array([[1.0, 2.0]]))),
    "order of sets": ({"a", "b", "c"}, {"c", "b", "a"}),
    "order of a dictionary": ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    "order of attributes": (Plain(a=1, b=2), Plain(b=2, a=1)),
    "one object twice": (shared(), [[1], [1]]),
    "a mapped file": (np.arange(3), np.arange(3).view(np.memmap)),
    "layout of source": (eval("lambda x: x+1"), eval("lambda x:   (x + 1)")),
}


@pytest.mark.parametrize("pair", EQUAL.values(), ids=EQUAL)
def test_equal(pair: tuple[Any, Any]) -> None:
    assert content(pair[0]) == content(pair[1])


def test_only_the_input_digest_sees_the_order_of_keys() -> None:
    one, other = Plain(config={"a": 1, "b": [1]}), Plain(config={"b": [1], "a": 1})
    assert content(one) == content(other)
    assert given_as(one) != given_as(other)
    assert given_as([1]) == given_as([1])


def test_layout_comments_and_docstrings_of_a_function_do_not_count(tmp_path: pathlib.Path) -> None:
    sources = {
        "plain": "def f(x):\n    return x + 1\n",
        "dressed": '# why\n\n\ndef f(x):\n    """Add."""\n    return (x  # here\n            + 1)\n',
        "changed": "def f(x):\n    return x + 2\n",
    }
    functions = {}
    for name, source in sources.items():
        path = tmp_path / f"{name}.py"
        path.write_text(source)
        scope: dict[str, Any] = {"__name__": "project.code"}
        exec(compile(source, str(path), "exec"), scope)
        functions[name] = scope["f"]
    assert content(functions["plain"]) == content(functions["dressed"])
    assert content(functions["plain"]) != content(functions["changed"])


def test_two_lambdas_on_one_line_are_told_apart() -> None:
    first, second = (lambda x: x + 1), (lambda x: x - 1)
    again, _ = (lambda x: x + 1), None
    assert content(first) != content(second)
    assert content_digest(first)[0] == content_digest(first)[0]
    assert again(1) == 2


def test_a_decorated_function_counts_with_what_it_wraps() -> None:
    def twice(function: Any) -> Any:
        @functools.wraps(function)
        def inner(x: int) -> Any:
            return 2 * function(x)

        return inner

    def made(amount: int) -> Any:
        @twice
        def step(x: int) -> int:
            return x + amount

        return step

    assert content(made(1)) == content(made(1))
    assert content(made(1)) != content(made(2))


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (threading.Lock(), ""),
        ({"a": [1, threading.Lock()]}, "['a'][1]"),
        (Plain(conn=[Plain(lock=threading.RLock())]), ".conn[0].lock"),
        ((item for item in [1]), ""),
        ([memoryview(b"x")], "[0]"),
        (pd.DataFrame({"a": pd.Series([1, threading.Lock()], dtype=object)}), "['a'][1]"),
    ],
)
def test_what_has_no_content_is_refused_with_its_place(value: Any, place: str) -> None:
    with pytest.raises(NoContentDigest) as caught:
        content_digest(value)
    assert caught.value.place == place


def test_an_open_file_is_refused(tmp_path: pathlib.Path) -> None:
    with open(tmp_path / "x", "wb") as stream, pytest.raises(NoContentDigest, match=r"\.log: cannot pickle"):
        content_digest(Plain(log=stream))


def test_a_hook_that_raises_is_told_not_thrown() -> None:
    class Broken:
        def __reduce_ex__(self, protocol: Any) -> Any:
            raise ValueError("no such thing")

    with pytest.raises(NoContentDigest, match=r"\[0\]: no such thing"):
        content_digest([Broken()])


def test_user_hooks_say_what_counts() -> None:
    class Model:
        __restrike_volatile__ = ("started",)

        def __init__(self, weights: Any, started: float):
            self.weights, self.started = weights, started

    class Handle:
        def __init__(self, name: str):
            self.name, self.lock = name, threading.Lock()

        def __restrike_content__(self) -> Any:
            return self.name

    assert content(Model([1], 1.0)) == content(Model([1], 2.0))
    assert content(Model([1], 1.0)) != content(Model([2], 1.0))
    assert content_digest(Model([1], 1.0))[2] == ("Model.started",)
    assert content(Handle("a")) == content(Handle("a"))
    assert content(Handle("a")) != content(Handle("b"))


def test_depth_is_no_limit() -> None:
    nest: Any = []
    for _ in range(50_000):
        nest = [nest]
    assert content(nest) != content([nest])


def test_a_cycle_has_one_digest_wherever_it_is_met_again() -> None:
    ring = cycle()
    assert content([ring, ring]) == content([ring, cycle()])
    assert content({"a": ring, "b": ring[1]}) == content({"b": ring[1], "a": ring})


def test_objects_entangled_beyond_reason_are_refused_in_time() -> None:
    nodes = [Plain(number=number, others=[]) for number in range(14)]
    for node in nodes:
        node.others.extend(nodes)
    begun = time.perf_counter()
    with pytest.raises(NoContentDigest, match="too many ways"):
        content_digest(nodes)
    assert time.perf_counter() - begun < 60


IN_ANOTHER_PROCESS = """
import collections, functools, numpy, pandas, sys
from restrike.codecs import content_digest
class Key:
    def __init__(self, name): self.name = name
    def __hash__(self): return hash(self.name)
    def __eq__(self, other): return self.name == other.name
def add(x, y=2): return x + y
word = [f"w{i}" for i in range(300)]
value = {
    "set": set(word), "frozen": {frozenset(word[:50]), frozenset(word[50:])}, "keys": {Key(w) for w in word},
    "by key": {Key(w): w for w in word}, "function": functools.partial(add, y=3), "lambda": lambda x: add(x),
    "frame": pandas.DataFrame({"a": word, "b": pandas.Categorical(word), "c": numpy.arange(300.0)}),
    "counter": collections.Counter(word), "object": object(),
}
print(content_digest(value)[:2])
"""


def test_two_processes_with_other_hash_seeds_agree(in_fresh_process: Any) -> None:
    digests = {in_fresh_process(IN_ANOTHER_PROCESS, seed) for seed in ("1", "2", "77")}
    assert len(digests) == 1


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner) | st.sets(st.integers()),
    max_leaves=15,
)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_copies_are_equal(value: Any) -> None:
    assert content_digest(value) == content_digest(pickle.loads(pickle.dumps(value)))


@settings(max_examples=200, deadline=None)
@given(VALUES, VALUES)
def test_equal_digests_mean_equal_values(one: Any, other: Any) -> None:
    if content(one) == content(other):
        assert repr(_sorted(one)) == repr(_sorted(other))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return (
            {"dict": sorted((key, _sorted(item)) for key, item in value.items())}
            if len(value) < 2
            else sorted(repr((key, _sorted(item))) for key, item in value.items())
        )
    if isinstance(value, set):
        return ("set", sorted(value))
    if isinstance(value, (list, tuple)):
        return type(value)(map(_sorted, value))
    return value


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(width=32), min_size=1, max_size=30), st.integers(0, 29), st.integers(0, 31))
def test_any_flipped_bit_of_an_array_is_seen(numbers: list[float], place: int, bit: int) -> None:
    array = np.array(numbers, dtype="f4")
    other = array.copy()
    other.view("u4")[place % len(numbers)] ^= np.uint32(1 << bit)
    assert content(array) != content(other)
    assert content(pd.DataFrame({"a": array})) != content(pd.DataFrame({"a": other}))
    assert content(pl.Series("a", array)) != content(pl.Series("a", other))
    assert content(pa.array(array)) != content(pa.array(other))
