"""Every mutation of the corpus: no step is ever stale, and what is executed needlessly is known by name and reason."""

import json

import judging
import pytest
import wheels

import corpus

PIPELINES = [pytest.param(item, marks=[pytest.mark.slow] * item.slow, id=item.name) for item in corpus.pipelines()]


class Bench:
    """A pipeline of the corpus with one warm place; each mutation is judged in copies of it."""

    def __init__(self, pipeline, folder, variables, python):
        self.pipeline, self.folder = pipeline, folder
        self.python = python
        project = pipeline.copy(folder / "kept")
        self.warm = judging.Place(project, {**variables, **pipeline.variables, **self.environment(pipeline.packages)})
        self.before = self.warm.run(reuse=True)

    def environment(self, packages):
        """Return the variable that leads to an environment with these packages."""
        packages = {name: version for name, version in packages.items() if version}
        if not packages:
            return {"VIRTUAL_ENV": str(self.python)}
        label = "-".join(f"{name}{version}" for name, version in sorted(packages.items()))
        folder = self.folder / "environments" / label.replace(".", "_")
        if not folder.exists():
            folder.parent.mkdir(exist_ok=True)
            wheels.environment(folder, packages)
        return {"VIRTUAL_ENV": str(folder)}

    def place(self, mutation, label, *, kept):
        """Return a copy of the warm place, edited."""
        number = self.pipeline.mutations.index(mutation)
        changed = {**self.pipeline.packages, **corpus.surroundings(mutation, "packages")}
        place = self.warm.copy(self.folder / f"{number}-{label}", kept=kept, **self.environment(changed))
        for name, value in corpus.surroundings(mutation, "variables").items():
            place.variables.pop(name, None)
            if value is not None:
                place.variables[name] = value
        corpus.apply(mutation, place)
        return place

    def judged(self, mutation):
        """Run a mutation with what was kept and, elsewhere, in full."""
        cached = self.place(mutation, "kept", kept=True).run(reuse=True)
        place = self.place(mutation, "full", kept=False)
        full = place.run(reuse=False)
        return judging.judge(self.before, cached, full), place, full


@pytest.fixture
def bench(request, tmp_path, variables):
    def build(pipeline):
        python = request.getfixturevalue("ml_env" if pipeline.requirements else "bare_env")
        return Bench(pipeline, tmp_path, variables, python)

    return build


@pytest.mark.timeout(900)
@pytest.mark.parametrize("pipeline", PIPELINES)
def test_nothing_is_stale(pipeline, bench, record_property):
    bench = bench(pipeline)
    assert bench.before.status == "finished"
    assert bench.before.findings == []
    assert set(bench.before.states.values()) == {"executed"}
    nothing = bench.warm.copy(bench.folder / "again", kept=True).run(reuse=True)
    assert set(nothing.states.values()) == {"reused"}, "nothing changed"
    wrong, rows = [], []
    for mutation in pipeline.mutations:
        verdicts, place, full = bench.judged(mutation)
        rows.append({"mutation": mutation.name, **{item.step: item.word for item in verdicts}})
        wrong += problems(mutation, verdicts)
        values = {name: place.load(full, name) for name in mutation.gives}
        assert values == dict(mutation.gives), mutation.name
    record_property(pipeline.name, json.dumps(rows))
    assert not wrong, "\n".join(wrong)


def problems(mutation, verdicts):
    """Return a line for each decision that was not as the corpus has it."""
    stale = [item.step for item in verdicts if item.word == judging.STALE]
    changed = {item.step for item in verdicts if item.changed}
    if stale:
        yield f"STALE: {mutation.name}: {', '.join(stale)}"
    if mutation.control and mutation.control not in changed:
        yield f"the control changes nothing: {mutation.name}"


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_the_pipelines_give_what_was_worked_out_in_another_way(pipeline, bench):
    bench = bench(pipeline)
    expected = pipeline.expected(bench.warm.project)
    assert expected
    assert {name: bench.warm.load(bench.before, name) for name in expected} == expected
