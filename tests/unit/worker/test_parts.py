"""The small parts of the worker: filter, wire, failures, numeric profile."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import restrike
from restrike.worker import failure, filter, numeric, wire


def decide(program: bytes, number: int, arguments: tuple[int, ...] = (), arch: int = 0xC000003E) -> int:
    """Run the filter as the kernel does."""
    data = struct.pack("=iIQ6Q", number, arch, 0, *arguments, *[0] * (6 - len(arguments)))
    instructions = [struct.unpack_from("=HBBI", program, place) for place in range(0, len(program), 8)]
    held, position = 0, 0
    while True:
        code, yes, no, value = instructions[position]
        position += 1
        if code == 0x20:
            held = struct.unpack_from("=I", data, value)[0]
        elif code == 0x06:
            return int(value)
        else:
            true = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[code]
            position += yes if true else no


ALLOW, NOTIFY, KILL = 0x7FFF0000, 0x7FC00000, 0x80000000


@pytest.mark.parametrize(
    ("number", "arguments", "answer"),
    [
        (0, (), ALLOW),
        (257, (), NOTIFY),
        (59, (), NOTIFY),
        (42, (), NOTIFY),
        (262, (0, 1, 2, 0x100), NOTIFY),
        (262, (0, 1, 2, 0x1000), ALLOW),
        (332, (0, 1, 0x1000), ALLOW),
        (332, (0, 1, 0), NOTIFY),
        (425, (), 0x50000 | 38),
        (0x40000000 | 257, (), 0x50000 | 38),
        (62, (1, 9), KILL),
        (62, (1, 15), ALLOW),
        (62, (2, 9), ALLOW),
    ],
)
def test_the_filter_decides(number: int, arguments: tuple[int, ...], answer: int) -> None:
    assert decide(filter.program("x86_64", notify=True), number, arguments) == answer


def test_foreign_calls_are_refused_and_an_untraced_filter_only_refuses() -> None:
    assert decide(filter.program("x86_64", notify=True), 5, arch=0x40000003) == 0x50000 | 38
    quiet = filter.program("x86_64", notify=False)
    assert {decide(quiet, number) for number in range(400)} == {ALLOW}
    assert decide(quiet, 425) == 0x50000 | 38
    assert decide(filter.program("aarch64", notify=True), 56, arch=0xC00000B7) == NOTIFY


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_documents_survive_a_memory_file(document: object) -> None:
    descriptor = wire.memory_file({"something": "longer" * 50})
    try:
        wire.write(descriptor, document)
        assert wire.read(descriptor) == document
    finally:
        os.close(descriptor)


def test_messages_carry_descriptors_and_an_end() -> None:
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with here, there:
        passed = wire.memory_file([1])
        wire.send(here, {"a": "ü"}, [passed])
        wire.send(here, {"b": 1})
        os.close(passed)
        message, descriptors = wire.receive(there) or ({}, [])
        assert message == {"a": "ü"}
        assert wire.read(descriptors[0]) == [1]
        os.close(descriptors[0])
        assert wire.receive(there) == ({"b": 1}, [])
        with pytest.raises(ValueError, match="too long"):
            wire.send(here, {"a": "x" * 100_000})
        here.close()
        assert wire.receive(there) is None


def test_a_half_written_result_is_none() -> None:
    descriptor = wire.memory_file()
    assert wire.read(descriptor) is None
    os.write(descriptor, b'{"state": "o')
    assert wire.read(descriptor) is None
    os.close(descriptor)


def test_a_failure_that_cannot_be_printed_is_told_all_the_same() -> None:
    class OddError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    told = failure.document(OddError())
    assert told["message"] == "<its message cannot be printed>"
    assert failure.document(KeyError("column"))["message"] == "column"


def test_the_missing_file_is_found_behind_other_failures() -> None:
    def load() -> None:
        try:
            Path("/absent/x.csv").read_text()
        except OSError as first:
            raise ValueError("cannot load") from first

    with pytest.raises(ValueError, match="cannot load") as caught:
        load()
    assert failure.document(caught.value)["missing"] == "/absent/x.csv"


@pytest.mark.parametrize(
    ("version", "words"), [((1, 26), "AVX512_ICL"), ((2, 3), "AVX512_SPR"), ((2, 4), "X86_V4 AVX512_ICL AVX512_SPR")]
)
def test_numpy_is_told_in_the_words_of_its_version(version: tuple[int, int], words: str) -> None:
    assert numeric.beyond_avx2(version).endswith(words)
    assert ("X86_V4" in numeric.beyond_avx2(version)) == (version >= (2, 4))


def test_numpy_accepts_what_it_is_told_without_a_warning() -> None:
    numpy = pytest.importorskip("numpy")
    if os.uname().machine != "x86_64":
        pytest.skip("the profile is about x86-64")
    variables = {"RESTRIKE_NUMERIC": "portable"}
    numeric.settle(variables)
    done = subprocess.run([sys.executable, "-W", "error", "-c", "import numpy"], env=variables, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert variables[numeric.DISABLED] == numeric.beyond_avx2(
        tuple(int(part) for part in numpy.__version__.split(".")[:2])
    )
    native = {"RESTRIKE_NUMERIC": "native"}
    numeric.settle(native)
    assert numeric.DISABLED not in native


def test_the_worker_loads_the_standard_library_only() -> None:
    body = """
    import pkgutil, sys, importlib
    import restrike.worker
    for module in pkgutil.iter_modules(restrike.worker.__path__):
        importlib.import_module("restrike.worker." + module.name)
    known = set(sys.stdlib_module_names) | {"restrike", "__main__"}
    print(sorted({name.partition(".")[0] for name in sys.modules} - known))
    """
    source = str(Path(restrike.__file__).parents[1])
    code = f"import sys; sys.path.insert(0, {source!r})\n" + textwrap.dedent(body)
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
