"""Order, sources and circles of steps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restrike.pipeline.graph import GraphError, Output, Step, ordered, parse_source
from restrike.pipeline.seeds import step_seed


def step(name, *inputs, outputs=("output",)):
    return Step(
        name,
        use="m:f",
        inputs={f"i{n}": parse_source(text) for n, text in enumerate(inputs)},
        outputs=tuple(Output(output) for output in outputs),
    )


@given(st.permutations(range(8)), st.data())
def test_every_step_comes_after_what_it_reads(order, data):
    steps = {}
    for place, number in enumerate(order):
        earlier = order[:place]
        reads = data.draw(st.lists(st.sampled_from(earlier), unique=True)) if earlier else []
        steps[number] = step(f"s{number}", *(f"s{other}" for other in reads))
    result = ordered([steps[number] for number in sorted(steps)])
    seen = set()
    for found in result:
        assert found.upstream() <= seen
        seen.add(found.name)
    assert len(result) == 8


def test_the_declared_order_is_kept_where_it_is_free():
    assert [item.name for item in ordered([step("b"), step("a"), step("c", "a")])] == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([step("a", "b"), step("b", "a")], "the steps form a circle: a -> b -> a"),
        ([step("a", "a")], "the steps form a circle: a -> a"),
        ([step("a", "nope")], "step 'a' reads step 'nope', which does not exist"),
        ([step("a", "data.x")], "step 'a' reads data 'x', which is not declared"),
        ([step("a"), step("b", "a.model")], "step 'a' has no output 'model' (it has: output)"),
        ([step("a"), step("a")], "step 'a' is declared twice"),
    ],
)
def test_what_is_no_pipeline_is_refused(steps, message):
    with pytest.raises(GraphError) as caught:
        ordered(steps)
    assert caught.value.message == message


def test_sources_read_as_they_are_written():
    for text in ("data.raw", "clean", "fit.model"):
        assert str(parse_source(text)) == text


def test_seeds_are_pinned():
    assert step_seed(7, "train") == 3203369912
    assert step_seed(0, "") == 48743669
