"""Execute `redun run`, and write down what it returns."""

import json
import sys
from pathlib import Path

from redun.cli import RedunClient

chosen = json.loads(Path("params.json").read_text())
options = [word for name, value in chosen.items() for word in (f"--{name}", str(value))]
values = RedunClient().execute(["redun", "run", "pipeline.py", "main", *options])
Path(sys.argv[1]).write_text(json.dumps(values))
