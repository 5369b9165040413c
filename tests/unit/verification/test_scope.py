"""A run whose profile pins instructions is not judged by a processor that lacks them."""

from types import SimpleNamespace

import pytest

from restrike.verification import scope


def recorded(profile="portable", arch="x86_64", installed=("numpy",)):
    return SimpleNamespace(
        recipe={"numeric": {"profile": profile, "threads": 2}},
        environment={"arch": arch, "distributions": {name: {} for name in installed}},
    )


@pytest.fixture
def processor(monkeypatch):
    """Return a function that says what the processor can do."""
    return lambda *flags: monkeypatch.setattr(scope.conditions, "cpu", lambda: {"flags": list(flags)})


def test_an_old_processor_cannot_judge(processor):
    processor("sse4_2", "avx")
    (told,) = scope.instructions_missing(recorded())
    assert "lacks" in told["what"]
    assert "avx2" in told["hint"]


@pytest.mark.parametrize(
    "run", [recorded(profile="native"), recorded(arch="aarch64"), recorded(installed=["requests"])], ids=str
)
def test_where_nothing_is_pinned_it_can(processor, run):
    processor("sse4_2")
    assert scope.instructions_missing(run) == []


def test_a_new_processor_or_an_unknown_one_can(processor):
    processor("avx2")
    assert scope.instructions_missing(recorded()) == []
    processor()
    assert scope.instructions_missing(recorded()) == []
