"""Files that compiled code opens past Python: each is among a step's look-ups, found or not, and so is its absence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

WRITERS = {
    "pandas": ("pandas", "import pandas\npandas.DataFrame({'a': [1]}).to_csv(PATH, index=False)"),
    "pandas parquet": ("pyarrow", "import pandas\npandas.DataFrame({'a': [1]}).to_parquet(PATH)"),
    "pyarrow": ("pyarrow", "import pyarrow as a, pyarrow.parquet as p\np.write_table(a.table({'a': [1]}), PATH)"),
    "pyarrow csv": ("pyarrow", "open(PATH, 'w').write('a\\n1\\n')"),
    "polars": ("polars", "import polars\npolars.DataFrame({'a': [1]}).write_parquet(PATH)"),
    "polars lazy": ("polars", "open(PATH, 'w').write('a\\n1\\n')"),
    "numpy": ("numpy", "import numpy\nnumpy.save(open(PATH, 'wb'), numpy.arange(3))"),
    "numpy mapped": ("numpy", "import numpy\nnumpy.save(open(PATH, 'wb'), numpy.arange(3))"),
    "sqlite": ("sqlite3", "import sqlite3\nc = sqlite3.connect(PATH)\nc.execute('create table t (a)')\nc.commit()"),
    "xgboost": ("xgboost", "open(PATH, 'w').write('1 0:1\\n0 0:2\\n')"),
    "lightgbm": ("lightgbm", "open(PATH, 'w').write('\\n'.join(f'{n % 2},{n}' for n in range(200)))"),
    "the C library": ("ctypes", "open(PATH, 'w').write('a')"),
    "mmap": ("mmap", "open(PATH, 'w').write('a')"),
}
READERS = {
    "pandas": "import pandas\npandas.read_csv(PATH)",
    "pandas parquet": "import pandas\npandas.read_parquet(PATH)",
    "pyarrow": "import pyarrow.parquet\npyarrow.parquet.read_table(PATH)",
    "pyarrow csv": "import pyarrow.csv\npyarrow.csv.read_csv(PATH)",
    "polars": "import polars\npolars.read_parquet(PATH)",
    "polars lazy": "import polars\npolars.scan_csv(PATH).collect()",
    "numpy": "import numpy\nnumpy.fromfile(PATH, dtype='u1')",
    "numpy mapped": "import numpy\nnumpy.load(PATH, mmap_mode='r')",
    "sqlite": "import sqlite3\nsqlite3.connect(f'file:{PATH}?mode=ro', uri=True).execute('select * from t')",
    "xgboost": "import xgboost\nxgboost.DMatrix(PATH + '?format=libsvm')",
    "lightgbm": "import lightgbm\nlightgbm.Dataset(PATH).construct()",
    "the C library": "import ctypes\nc = ctypes.CDLL(None)\nc.fopen.restype = ctypes.c_void_p\n"
    "assert c.fopen(PATH.encode(), b'r')",
    "mmap": "import mmap, os\nd = os.open(PATH, os.O_RDONLY)\nmmap.mmap(d, 1, prot=mmap.PROT_READ)",
}


@pytest.mark.parametrize("reader", READERS)
def test_a_file_that_is_read_and_one_that_is_not_there(bench: Any, reader: str, tmp_path: Path) -> None:
    needed, write = WRITERS[reader]
    pytest.importorskip(needed)
    made = bench.call(f"PATH = '/outputs/made'\n{write}\nreturn 1", timeout=120)
    assert made.state == "ok", made.result
    (bench.project / "data").mkdir()
    (bench.project / "data" / "file").write_bytes((bench.outputs / "made").read_bytes())
    body = (
        f"PATH = 'data/PLACE'\ntry:\n    {READERS[reader].replace(chr(10), chr(10) + '    ')}\nexcept Exception as e:\n"
    )
    body += "    print(e)\nreturn 1"
    there = bench.call(body.replace("PLACE", "file"), timeout=120)
    absent = bench.call(body.replace("PLACE", "absent"), timeout=120)
    assert {(item.path, item.found) for item in there.lookups if item.kind in ("open", "update")} >= {
        ("/project/data/file", True)
    }
    assert ("/project/data/absent", False) in {(item.path, item.found) for item in absent.lookups}
    assert not [item for item in there.lookups if item.path == "/project/data/absent"]
