"""Execute `redun run`, and write down what it returns."""

import json
import sys
from pathlib import Path

from redun.cli import RedunClient

values = RedunClient().execute(["redun", "run", "pipeline.py", "main"])
Path(sys.argv[1]).write_text(json.dumps(values))
