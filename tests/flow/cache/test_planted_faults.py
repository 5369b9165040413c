"""A cache that forgets something is caught: each fault is planted and a mutation of the corpus finds it."""

from unittest import mock

import judging
import pytest
from bench import Bench
from test_random_edits import Session

import corpus

CODE, REST = "restrike.execution.changed_code", "restrike.execution.changes"
FAULTS = {
    "nothing is compared": (f"{REST}.between", "shop", "a constant two files away", "price"),
    "code is not": (f"{CODE}.between", "shop", "a method of a base class", "price"),
    "definitions are not": (f"{CODE}._parts", "shop", "a helper in another file", "price"),
    "files are not": (f"{CODE}._files", "shop", "the project's table", "price"),
    "folders are not": (f"{CODE}._listings", "surroundings", "listed by its relative path", "place"),
    "packages are not": (f"{REST}._environment", "installed", "a package that a package uses", "chained"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_corpus_finds_it(fault, tmp_path, variables, bare_env):
    place, name, wanted, step = FAULTS[fault]
    pipeline = corpus.pipeline(name)
    (mutation,) = (item for item in pipeline.mutations if item.name.endswith(wanted))
    with mock.patch(place, return_value=[]):
        verdicts, _, _ = Bench(pipeline, tmp_path, variables, bare_env).judged(mutation)
    assert step in [item.step for item in verdicts if item.word == judging.STALE]


def test_random_edits_find_it_and_say_how_to_see_it_again(tmp_path, variables):
    session = Session(3, tmp_path, variables)
    with mock.patch("restrike.execution.changes.between", return_value=[]), pytest.raises(pytest.fail.Exception) as red:
        session.edits(30)
    told = str(red.value)
    assert told.startswith("STALE: ")
    assert "RESTRIKE_SEED=3 " in told
    assert "+++ b/" in told, "the edit as a patch"
