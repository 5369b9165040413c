"""What a user is told about each of many mistakes, word for word.

The cases are in `bad_*.txt`: a name, the configuration, further files and flags, and the whole error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from restrike.base.errors import RestrikeError
from restrike.config import load

HERE = Path(__file__).parent


@dataclass
class Case:
    name: str
    texts: dict[str, str] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)


def cases() -> list[Case]:
    found: list[Case] = []
    for file in sorted(HERE.glob("bad_*.txt")):
        target = ""
        for line in file.read_text().splitlines(keepends=True):
            if not (head := re.fullmatch(r"##### (?:(file|--set|error)\b ?)?(.*)\n", line)):
                found[-1].texts[target] += line
                continue
            if head[1] == "--set":
                found[-1].flags.append(head[2])
                continue
            if head[1] is None:
                found.append(Case(f"{file.stem}: {head[2]}"))
            target = {"file": head[2], "error": "error"}.get(head[1] or "", "restrike.yaml")
            found[-1].texts[target] = ""
    return found


def told(error: RestrikeError) -> str:
    lines = [f"error[{error.code}]: {error.what}", f"  --> {error.where}"]
    lines += [f"  {detail}" for detail in error.details]
    return "\n".join([*lines, *([f"hint: {error.hint}"] if error.hint else [])]) + "\n"


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_whole_error(case: Case, tmp_path: Path) -> None:
    expected = case.texts.pop("error")
    for name, text in case.texts.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(RestrikeError) as caught:
        load(tmp_path / "restrike.yaml", overrides=case.flags)
    assert told(caught.value) == expected
    assert caught.value.exit_code == 2


def test_there_are_many_cases_with_names_of_their_own() -> None:
    names = [case.name for case in cases()]
    assert len(names) == len(set(names)) > 100


class TestFilesThatCannotBeRead:
    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(RestrikeError) as caught:
            load(tmp_path / "restrike.yaml")
        assert caught.value.document() == {
            "code": "R102",
            "what": "'restrike.yaml' does not exist",
            "where": None,
            "hint": "restrike init",
            "details": [],
        }

    def test_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "restrike.yaml").mkdir()
        with pytest.raises(RestrikeError, match=r"^'restrike\.yaml' is a folder, not a file$") as caught:
            load(tmp_path / "restrike.yaml")
        assert caught.value.code == "R103"

    def test_not_utf8(self, tmp_path: Path) -> None:
        (tmp_path / "restrike.yaml").write_bytes("restrike: 1\nname: übung süß\n".encode("latin-1"))
        with pytest.raises(RestrikeError) as caught:
            load(tmp_path / "restrike.yaml")
        assert caught.value.code == "R103"
        assert caught.value.what == "'restrike.yaml' is not UTF-8: byte 0xfc"
        assert caught.value.where == "restrike.yaml:2:7"
        assert caught.value.hint is not None
        assert caught.value.hint.startswith("iconv -f latin1 -t utf-8 restrike.yaml")

    def test_through_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(RestrikeError) as caught:
            load(tmp_path / "file" / "restrike.yaml")
        assert caught.value.code == "R102"


def test_every_problem_says_file_line_and_column(tmp_path: Path) -> None:
    """Counted, so that a problem that loses its place is noticed."""
    unplaced = []
    for case in cases():
        if case.flags or "is empty" in case.texts["error"]:
            continue
        error = case.texts["error"]
        lines = [line for line in error.splitlines() if line.startswith("  ") and line != "  --> restrike.yaml"]
        unplaced += [line for line in lines if not re.match(r"  (--> )?[\w.]+\.yaml:\d+:\d+( |$)", line)]
    assert not unplaced
