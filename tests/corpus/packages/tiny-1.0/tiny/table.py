import json
from pathlib import Path

FACTOR = json.loads(Path(__file__).with_name("table.json").read_text())["factor"]
