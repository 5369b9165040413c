"""Execute the functions as a graph, with its cache."""

import json
import sys
from pathlib import Path

import extras
import model
import report
import sales
from hamilton import driver

NODES = ["sales", "model", "extras", "report"]
graph = driver.Builder().with_modules(sales, model, extras, report).with_cache().build()
chosen = json.loads(Path("params.json").read_text())
values = graph.execute(NODES, inputs={"data": "data/sales.csv", **chosen})
Path(sys.argv[1]).write_text(json.dumps({name: values[name] for name in NODES}))
