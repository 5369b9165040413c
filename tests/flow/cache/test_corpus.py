"""Every mutation of the corpus: no step is ever stale, and what is executed needlessly is known by name and reason."""

import corpus_page
import judging
import pytest
from bench import Bench

import corpus

PIPELINES = [pytest.param(item, marks=[pytest.mark.slow] * item.slow, id=item.name) for item in corpus.pipelines()]


@pytest.fixture
def bench(request, tmp_path, variables):
    """Return a function that executes a pipeline of the corpus once, in an environment that has what it needs."""

    def build(pipeline):
        python = request.getfixturevalue("ml_env" if pipeline.requirements else "bare_env")
        return Bench(pipeline, tmp_path, variables, python)

    return build


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("pipeline", PIPELINES)
def test_nothing_is_stale_and_what_is_needless_has_a_reason(pipeline, bench):
    bench = bench(pipeline)
    assert bench.before.status == "finished"
    assert bench.before.findings == []
    assert set(bench.before.states.values()) == {"executed"}
    again = bench.warm.copy(bench.folder / "again", kept=True).run(reuse=True)
    assert set(again.states.values()) == {"reused"}, "nothing changed"
    wrong, rows = [], []
    for mutation in pipeline.mutations:
        verdicts, place, full = bench.judged(mutation)
        rows.append((mutation, verdicts))
        wrong += problems(mutation, verdicts)
        values = {name: place.load(full, name) for name in mutation.gives}
        assert values == dict(mutation.gives), mutation.name
    assert not wrong, "\n".join(wrong)
    corpus_page.check(pipeline, rows)


def problems(mutation, verdicts):
    """Return a line for each decision that was not as the corpus has it."""
    stale = [item.step for item in verdicts if item.word == judging.STALE]
    needless = {item.step for item in verdicts if item.word == judging.NEEDLESS}
    changed = {item.step for item in verdicts if item.changed}
    if stale:
        yield f"STALE: {mutation.name}: {', '.join(stale)}"
    if more := needless - set(mutation.needless):
        yield f"needless: {mutation.name}: {', '.join(sorted(more))}"
    if less := set(mutation.needless) - needless:
        yield f"no longer needless, or never was: {mutation.name}: {', '.join(sorted(less))}"
    if mutation.control and mutation.control not in changed:
        yield f"the control changes nothing: {mutation.name}"


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_the_pipelines_give_what_was_worked_out_in_another_way(pipeline, bench):
    bench = bench(pipeline)
    expected = pipeline.expected(bench.warm.project)
    assert expected
    assert {name: bench.warm.load(bench.before, name) for name in expected} == expected


def test_every_pipeline_has_a_control():
    for pipeline in corpus.pipelines():
        assert any(mutation.control for mutation in pipeline.mutations), pipeline.name
        names = [mutation.name for mutation in pipeline.mutations]
        assert len(set(names)) == len(names), pipeline.name


def test_the_corpus_is_large_and_little_in_it_is_needless():
    figures = corpus_page.figures()
    assert figures.mutations >= 80
    assert figures.pipelines >= 6
    assert figures.stale == 0
    assert figures.needless <= figures.unchanged / 10
