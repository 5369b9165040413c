"""Call the cached functions."""

import json
import sys
from pathlib import Path

from extras import extras
from model import model
from report import report
from sales import sales

chosen = json.loads(Path("params.json").read_text())
kind = chosen.pop("kind")
sold = sales("data/sales.csv")
terms = model(sold, **chosen)
more = extras(kind)
values = {"sales": sold, "model": terms, "extras": more, "report": report(sold, terms, more)}
Path(sys.argv[1]).write_text(json.dumps(values))
