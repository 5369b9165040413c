"""Names of other people's code that may be called, derived from or decorated with, and nothing comes of it.

They count only where they resolve outside the project.
"""

from __future__ import annotations

import builtins

# Calls that merely keep what they are given.
KEEPING = frozenset(
    {
        *("builtins.classmethod", "builtins.object", "builtins.property", "builtins.staticmethod"),
        *("collections.defaultdict", "contextvars.ContextVar", "dataclasses.field", "functools.cache"),
        *("functools.lru_cache", "functools.partial", "functools.partialmethod", "types.MappingProxyType"),
        *("typing.NewType", "typing.ParamSpec", "typing.TypeVar", "typing.TypeVarTuple", "typing.cast"),
        *("typing_extensions.ParamSpec", "typing_extensions.TypeVar", "weakref.WeakKeyDictionary"),
        *("weakref.WeakValueDictionary",),
    }
)

# Calls that compute a value of plain ones.
COMPUTING = frozenset(
    {
        *(f"builtins.{name}" for name in ("abs", "bool", "bytes", "complex", "dict", "float", "frozenset", "int")),
        *(f"builtins.{name}" for name in ("len", "list", "max", "min", "range", "round", "set", "sorted", "str")),
        *(f"builtins.{name}" for name in ("sum", "tuple", "zip", "enumerate", "slice", "bytearray", "frozenset")),
        *(f"collections.{name}" for name in ("Counter", "OrderedDict", "deque", "namedtuple", "ChainMap")),
        *(f"datetime.{name}" for name in ("date", "datetime", "time", "timedelta", "timezone")),
        *("decimal.Decimal", "enum.auto", "fractions.Fraction", "itertools.count", "logging.getLogger"),
        *("operator.attrgetter", "operator.itemgetter", "operator.methodcaller", "os.environ.get", "os.getenv"),
        *(f"os.path.{name}" for name in ("abspath", "basename", "dirname", "join", "normpath")),
        *("pathlib.Path", "pathlib.PurePath", "pathlib.PurePosixPath", "re.compile", "re.escape", "string.Template"),
        *("struct.Struct", "textwrap.dedent", "threading.Lock", "threading.RLock", "threading.local"),
        *("types.SimpleNamespace", "uuid.UUID", "zoneinfo.ZoneInfo", "math.sqrt", "math.log", "math.exp"),
        *("numpy.array", "numpy.dtype", "numpy.float32", "numpy.float64", "numpy.int32", "numpy.int64"),
        *("numpy.arange", "numpy.linspace", "numpy.zeros", "numpy.ones", "numpy.sqrt", "numpy.log"),
        *("pandas.Timestamp", "pandas.Timedelta", "pandas.CategoricalDtype", "torch.device"),
    }
)

DECORATORS = frozenset(
    {
        *("abc.abstractmethod", "abc.abstractproperty", "builtins.classmethod", "builtins.property"),
        *("builtins.staticmethod", "contextlib.asynccontextmanager", "contextlib.contextmanager"),
        *("dataclasses.dataclass", "enum.unique", "functools.cache", "functools.cached_property"),
        *("functools.lru_cache", "functools.singledispatch", "functools.total_ordering", "functools.wraps"),
        *(f"typing.{name}" for name in ("final", "no_type_check", "overload", "override", "runtime_checkable")),
        *(f"typing_extensions.{name}" for name in ("final", "overload", "override", "runtime_checkable", "deprecated")),
        *("numba.jit", "numba.njit", "torch.no_grad", "torch.inference_mode"),
        *("restrike.step", "restrike.pipeline.declare.step"),
    }
)

_EXCEPTIONS = {
    name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)
}
# Classes that take no notice of being derived from.
BASES = frozenset(
    {
        *(f"builtins.{name}" for name in _EXCEPTIONS),
        *(
            f"builtins.{name}"
            for name in ("object", "dict", "list", "set", "tuple", "str", "int", "float", "frozenset")
        ),
        *("abc.ABC", "ast.NodeVisitor", "ast.NodeTransformer", "collections.OrderedDict", "collections.UserDict"),
        *("collections.UserList", "collections.Counter", "json.JSONEncoder", "json.JSONDecoder", "logging.Filter"),
        *(
            "logging.Formatter",
            "logging.Handler",
            "string.Formatter",
            "threading.Thread",
            "contextlib.ContextDecorator",
        ),
        *("sklearn.base.BaseEstimator", "sklearn.base.ClassifierMixin", "sklearn.base.ClusterMixin"),
        *("sklearn.base.OneToOneFeatureMixin", "sklearn.base.OutlierMixin", "sklearn.base.RegressorMixin"),
        *("sklearn.base.ClassNamePrefixFeaturesOutMixin", "torch.nn.Module", "torch.optim.Optimizer"),
        *("torch.utils.data.Dataset", "torch.utils.data.IterableDataset", "torch.utils.data.Sampler"),
    }
)
BASE_PACKAGES = ("typing.", "typing_extensions.", "collections.abc.")
ENUMERATIONS = frozenset(f"enum.{name}" for name in ("Enum", "Flag", "IntEnum", "IntFlag", "StrEnum"))
METACLASSES = frozenset({"abc.ABCMeta", "builtins.type", "enum.EnumMeta", "enum.EnumType"})

# Parts of the standard library whose import is of no effect on anything: no native library, no registration.
QUIET_MODULES = frozenset(
    {
        *("__future__", "abc", "argparse", "array", "base64", "bisect", "calendar", "cmath", "collections"),
        *("collections.abc", "contextlib", "copy", "csv", "dataclasses", "datetime", "decimal", "enum", "errno"),
        *("fractions", "functools", "glob", "gzip", "hashlib", "heapq", "io", "itertools", "json", "logging", "math"),
        *("numbers", "operator", "os", "os.path", "pathlib", "pprint", "random", "re", "shutil", "statistics"),
        *("string", "struct", "sys", "tempfile", "textwrap", "threading", "time", "types", "typing", "unicodedata"),
        *("uuid", "warnings", "weakref", "zipfile"),
    }
)

# Names that every supported Python has in these modules: taking one from there cannot fail.
QUIET_NAMES = frozenset(
    {
        *(f"__future__.{name}" for name in ("annotations", "division")),
        *(f"abc.{name}" for name in ("ABC", "ABCMeta", "abstractmethod")),
        *(
            f"collections.{name}"
            for name in ("ChainMap", "Counter", "OrderedDict", "defaultdict", "deque", "namedtuple")
        ),
        *(f"collections.abc.{name}" for name in ("Callable", "Collection", "Generator", "Hashable", "Iterable")),
        *(f"collections.abc.{name}" for name in ("Iterator", "Mapping", "MutableMapping", "Sequence", "Set")),
        *(f"contextlib.{name}" for name in ("closing", "contextmanager", "nullcontext", "suppress")),
        *(f"copy.{name}" for name in ("copy", "deepcopy")),
        *(f"dataclasses.{name}" for name in ("asdict", "dataclass", "field", "fields", "replace")),
        *(f"datetime.{name}" for name in ("date", "datetime", "time", "timedelta", "timezone")),
        *("decimal.Decimal", "fractions.Fraction"),
        *(f"enum.{name}" for name in ("Enum", "Flag", "IntEnum", "auto", "unique")),
        *(f"functools.{name}" for name in ("cache", "cached_property", "lru_cache", "partial", "reduce", "wraps")),
        *(f"itertools.{name}" for name in ("accumulate", "chain", "combinations", "count", "cycle", "groupby")),
        *(f"itertools.{name}" for name in ("islice", "permutations", "product", "repeat", "zip_longest")),
        *(f"math.{name}" for name in ("ceil", "exp", "floor", "inf", "isnan", "log", "nan", "pi", "sqrt", "tau")),
        *(f"operator.{name}" for name in ("attrgetter", "itemgetter")),
        *("os.path", "os.environ", "pathlib.Path", "pathlib.PurePath"),
        *("types.ModuleType", "types.SimpleNamespace", "types.MappingProxyType"),
        *(f"typing.{name}" for name in ("AbstractSet", "Annotated", "Any", "Callable", "ClassVar", "Dict", "Final")),
        *(f"typing.{name}" for name in ("Generic", "Iterable", "Iterator", "List", "Literal", "Mapping", "NamedTuple")),
        *(f"typing.{name}" for name in ("Optional", "Protocol", "Sequence", "Set", "TYPE_CHECKING", "Tuple", "Type")),
        *(f"typing.{name}" for name in ("TypedDict", "TypeVar", "Union", "cast", "overload")),
    }
)

# Attributes that may be read while a module is imported: they are there in whatever version.
QUIET_ATTRIBUTES = frozenset(
    {
        *(
            f"numpy.{name}"
            for name in ("ndarray", "float32", "float64", "int32", "int64", "nan", "pi", "inf", "random.Generator")
        ),
        *(f"pandas.{name}" for name in ("DataFrame", "Series", "Index", "Timestamp")),
        *(f"polars.{name}" for name in ("DataFrame", "LazyFrame", "Series", "Expr")),
        *("pyarrow.Table", "sys.argv", "sys.platform", "sys.version_info", "torch.Tensor", "torch.nn.Module"),
        *("os.environ", "os.environ.get", "os.getenv", "os.path", "os.path.join", "os.path.dirname", "restrike.step"),
        *("logging.getLogger", "logging.Logger", "re.compile", "re.Pattern", "os.path.abspath", "os.PathLike"),
    }
)


def is_base(path: str) -> bool:
    return path in BASES or path.startswith(BASE_PACKAGES)
