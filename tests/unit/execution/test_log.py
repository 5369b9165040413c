"""The log keeps every line and no secret, however its bytes arrive."""

from __future__ import annotations

from pathlib import Path

import pytest

from restrike.execution.log import LIMIT, RunLog, read
from restrike.execution.secrets import Secrets

SECRET = "hunter2-Zq8$wK"


def logged(path: Path, pieces: list[bytes], secrets: tuple[str, ...] = (SECRET,)) -> str:
    log = RunLog(path, secrets=secrets)
    for piece in pieces:
        log.write("fit", "stdout", piece)
    log.close()
    return "".join(entry["text"] for entry in read(path.read_bytes()))


@pytest.mark.parametrize(
    "before", [0, 5, LIMIT - 30, LIMIT - 14, LIMIT - 7, LIMIT, LIMIT + 3, 65_975, 3 * LIMIT]
)  # 65,975: across a cut
@pytest.mark.parametrize("size", [1000, LIMIT, 1 << 20])
def test_a_secret_in_a_line_too_long_to_hold_back_is_hidden(tmp_path: Path, before: int, size: int) -> None:
    data = b"x" * before + SECRET.encode() + b"y" * (2 * LIMIT)
    text = logged(tmp_path / "log", [data[at : at + size] for at in range(0, len(data), size)])
    assert text == "x" * before + "[secret]" + "y" * (2 * LIMIT)


def test_a_secret_that_comes_byte_by_byte_is_hidden(tmp_path: Path) -> None:
    assert logged(tmp_path / "log", [bytes([byte]) for byte in f"a {SECRET} b\n".encode()]) == "a [secret] b\n"


def test_the_lines_of_a_secret_are_hidden_one_by_one(tmp_path: Path) -> None:
    secret = "-----BEGIN-----\nabcdefgh\nijklmnop"
    pieces = [b"key: -----BEGIN-----\n", b"abcdefgh\n", b"ijklmnop\n", b"over\n"]
    assert logged(tmp_path / "log", pieces, (secret,)) == "key: [secret]\n[secret]\n[secret]\nover\n"


def test_bytes_that_are_no_text_harm_nothing(tmp_path: Path) -> None:
    text = logged(tmp_path / "log", [b"\xff\xfe\x00 \xc3", b"\xbc\n"])
    assert text == "��\x00 ü\n"


def test_secrets_are_found_in_files_names_links_and_wide_texts(tmp_path: Path) -> None:
    secrets = Secrets([SECRET, 'p"a\\ss'])
    found = {}
    for kind in ("plain", "wide", "quoted", "name", "link", "innocent"):
        folder = tmp_path / kind
        folder.mkdir()
        found[kind] = folder
    (found["plain"] / "a").write_bytes(b"\0" * 5000 + SECRET.encode())
    (found["wide"] / "a").write_bytes(SECRET.encode("utf-32-le"))
    (found["quoted"] / "a").write_text('{"x": "p\\"a\\\\ss"}')
    (found["name"] / SECRET).touch()
    (found["link"] / "a").symlink_to(SECRET)
    (found["innocent"] / "a").write_text("hunter2")
    assert {kind: secrets.found_in(folder) for kind, folder in found.items()} == {
        **dict.fromkeys(("plain", "wide", "quoted", "link"), "a"),
        "name": "[secret]",
        "innocent": None,
    }
