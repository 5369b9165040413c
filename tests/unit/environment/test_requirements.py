from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from restrike.environment.metadata import normalised
from restrike.environment.requirements import Pin, parse, render

names = st.from_regex(r"[a-z0-9]([a-z0-9]|-[a-z0-9]){0,8}", fullmatch=True)
versions = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}(rc1|\.post2|\+cpu)?", fullmatch=True)
hashes = st.frozensets(st.binary(min_size=32, max_size=32).map(lambda data: f"sha256:{data.hex()}"), max_size=3)


@given(st.dictionaries(names, st.builds(Pin, versions, hashes), max_size=4))
def test_what_was_rendered_is_parsed(pins: dict[str, Pin]) -> None:
    text = render(pins)
    assert parse(text) == pins
    assert render(parse(text)) == text


def test_requirement_files_as_people_and_tools_write_them() -> None:
    digest = "sha256:" + "ab" * 32
    text = f"""
    -i https://user:word@index.example/simple
    --find-links /somewhere
    Typing_Extensions[extra] == 4.12.2 \\
        --hash={digest} \\
        --hash=sha256:short   # from pip-compile
    colorama==0.4.6 ; sys_platform == "win32" --hash={digest}
    click>=8
    -e .
    thing @ https://example.com/thing.whl
    """
    assert parse(text) == {
        "typing-extensions": Pin("4.12.2", frozenset({digest})),
        "colorama": Pin("0.4.6", frozenset({digest}), conditional=True),
    }


def test_names_are_normalised() -> None:
    assert [normalised(name) for name in ("Foo.Bar", "foo__bar", "FOO-.-BAR")] == ["foo-bar"] * 3
