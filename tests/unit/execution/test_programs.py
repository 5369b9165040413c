"""Programs of an environment, laid out for the Python that a seal has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from restrike.execution.programs import lay_out

BODY = b"import sys\nprint('run by', sys.argv[1:])\n"


def test_programs_of_the_environments_python_are_made_for_another(tmp_path: Path) -> None:
    prefix = tmp_path / "venv"
    (prefix / "bin").mkdir(parents=True)
    ours = f"{prefix}/bin/python".encode()
    files = {
        "plain": b"#!" + ours + b"\n" + BODY,
        "numbered": b"#!" + ours + b"3.11\n" + BODY,
        "folded": b"#!/bin/sh\n'''exec' \"" + ours + b'" "$0" "$@"\n\' \'\'\'\n' + BODY,
        "of_the_system": b"#!/bin/sh\necho\n",
        "native": b"\x7fELF" + ours,
        "large": b"#!" + ours + b"\n" + b"#" * (1 << 17),
        "activate": b"# " + ours + b"\n",
    }
    for name, text in files.items():
        (prefix / "bin" / name).write_bytes(text)
    (prefix / "bin" / "python").symlink_to(sys.executable)
    (prefix / "bin" / "folder").mkdir()
    made = lay_out(prefix, sys.executable, tmp_path / "programs")
    assert {path.name for path in made.iterdir()} == {"plain", "numbered", "folded"}
    for name in ("plain", "folded"):
        done = subprocess.run([made / name, "a b"], check=True, capture_output=True, text=True)
        assert done.stdout == "run by ['a b']\n"
    assert (made / "numbered").read_bytes().startswith(f"#!{sys.executable}3.11\n".encode())
