"""Execute `dvc repro`, and write down what the stages wrote."""

import json
import subprocess
import sys
from pathlib import Path

subprocess.run([Path(sys.executable).parent / "dvc", "repro"], check=True)
values = {name: json.loads(Path(f"out/{name}.json").read_text()) for name in ("sales", "model", "extras", "report")}
Path(sys.argv[1]).write_text(json.dumps(values))
