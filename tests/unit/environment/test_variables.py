from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from restrike.environment import variables


@dataclass(frozen=True)
class Declared:
    pass_: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    set: Mapping[str, str] = field(default_factory=dict)


def test_only_what_is_named_reaches_a_step() -> None:
    declared = Declared(pass_=("B", "A", "GONE"), secret=("TOKEN", "ABSENT"), set={"MODE": "fast", "A": "set"})
    passed, secrets = variables(declared, {"A": "1", "B": "", "TOKEN": "hidden", "HOME": "/root"})
    assert list(passed.items()) == [("A", "set"), ("B", ""), ("MODE", "fast")]
    assert secrets == {"TOKEN": "hidden"}


def test_a_secret_stays_one_whatever_else_is_said_about_it() -> None:
    passed, secrets = variables(Declared(("TOKEN",), ("TOKEN",), {"TOKEN": "set"}), {"TOKEN": "hidden"})
    assert passed == {}
    assert secrets == {"TOKEN": "hidden"}
