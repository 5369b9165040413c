"""The lines that `why` shows of what changed."""

from restrike.verification.why import SHOWN, definition, difference

SOURCE = """\
import os

SCALE = 2

@cached
def clean(x):
    return x * SCALE

class Model:
    def fit(self):
        return 1

if os.name == "posix":
    DEPTH = 3
else:
    DEPTH = 4
"""


def test_a_definition_is_told_with_its_decorators():
    assert definition(SOURCE, "clean") == ["@cached", "def clean(x):", "    return x * SCALE"]
    assert definition(SOURCE, "SCALE") == ["SCALE = 2"]
    assert definition(SOURCE, "Model")[0] == "class Model:"
    assert definition(SOURCE, "DEPTH")[0] == 'if os.name == "posix":'


def test_the_whole_file_stands_for_what_has_no_name():
    assert definition(SOURCE, "imports") == SOURCE.splitlines()
    assert definition("def broken(:", "broken") == ["def broken(:"]


def test_lines_that_went_and_came_are_told_and_many_are_counted():
    assert list(difference(["a", "b"], ["a", "c"])) == ["- b", "+ c"]
    assert list(difference(["a"], ["a"])) == []
    many = list(difference([], [str(number) for number in range(20)]))
    assert len(many) == SHOWN + 1
    assert many[-1] == "... 12 more lines"
