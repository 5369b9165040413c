from __future__ import annotations

from pathlib import Path
from typing import Any

from restrike.environment import Distribution
from restrike.environment.proof import compare


def document(**distributions: tuple[str, str]) -> dict[str, Any]:
    return {
        "format": "restrike.environment/1",
        "implementation": "cpython",
        "python": "3.11.7",
        "soabi": "cpython-311-x86_64-linux-gnu",
        "os": "linux",
        "arch": "x86_64",
        "libc": "glibc 2.36",
        "distributions": {name: {"version": version, "digest": d} for name, (version, d) in distributions.items()},
    }


def installed(name: str, *tampered: str) -> Distribution:
    return Distribution(name, "1", "b", "py3-none-any", False, False, tampered, 3, Path("/x"))


def details(*arguments: Any) -> list[str]:
    return [f"{one.distribution}: {one.detail}" for one in compare(*arguments)]


def test_equal_documents_have_no_mismatch() -> None:
    assert compare(document(a=("1", "a")), document(a=("1", "a"))) == []


def test_each_kind_of_mismatch_is_said_in_its_own_words() -> None:
    expected = document(gone=("1", "a"), older=("1", "a"), edited=("1", "a"), rebuilt=("1", "a"), same=("1", "a"))
    found = document(new=("2", "b"), older=("2", "b"), edited=("1", "b"), rebuilt=("1", "b"), same=("1", "a"))
    assert details(expected, found, [installed("edited", "x.py", "y.py"), installed("rebuilt")]) == [
        "edited: changed after it was installed: x.py, y.py",
        "gone: it is not installed",
        "new: it was not installed then",
        "older: version 2, not 1",
        "rebuilt: same version, other files: it was installed from another build than this one (py3-none-any)",
    ]


def test_the_interpreter_and_the_platform_are_part_of_the_proof() -> None:
    found = {**document(), "python": "3.11.8", "libc": "glibc 2.39"}
    assert details(document(), found) == [
        "python: python is 3.11.8, not 3.11.7",
        "libc: libc is glibc 2.39, not glibc 2.36",
    ]
