"""A step that starts a process."""

import subprocess
import sys
from pathlib import Path


def called(lines: Path):
    command = [sys.executable, "scripts/child.py"]
    done = subprocess.run(command, input=lines.read_text(), capture_output=True, text=True, check=True)
    return done.stdout.strip()
