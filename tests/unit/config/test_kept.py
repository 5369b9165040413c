"""The cache of resolved configurations: never stale, never trusted when damaged, and worth having."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from restrike.config import Config, ConfigError, load

WARM = """
import sys
from pathlib import Path
from restrike.config import load
config = load(Path(sys.argv[1]), cache=Path(sys.argv[2]))
print(config.name, sorted({"yaml", "pydantic"} & set(sys.modules)))
"""


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def same(one: Config, two: Config) -> bool:
    # Origins survive, as does the order of steps.
    return one == two and one.document_with_origins() == two.document_with_origins()


def test_what_is_kept_is_what_was_loaded(load_text: Any, diabetes: str, ranker: str, cache: Path) -> None:
    for text in (diabetes, ranker, "restrike: 1\nsteps: {z: {use: m:f}, a: {use: m:f}}\n"):
        plain = load_text(text)
        assert same(load_text(text, cache=cache), plain)
        assert same(load_text(text, cache=cache), plain)


def test_an_unchanged_configuration_needs_neither_yaml_nor_pydantic(load_text: Any, diabetes: str, cache: Path) -> None:
    config = load_text(diabetes, cache=cache)
    command = [sys.executable, "-c", WARM, str(config.path), str(cache)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "diabetes []"


def test_any_change_is_seen(load_text: Any, diabetes: str, cache: Path) -> None:
    top = "extends: base.yaml\n"
    assert load_text(top, cache=cache, base=diabetes).seed == 7
    assert load_text(top, cache=cache, base=diabetes.replace("seed: 7", "seed: 8")).seed == 8
    assert load_text(top, "seed=9", cache=cache, base=diabetes).seed == 9
    assert load_text(top + "seed: 1\n", cache=cache, base=diabetes).seed == 1
    assert load_text(top, cache=cache, base=diabetes).seed == 7


def test_an_extended_file_that_is_gone_is_told(load_text: Any, small: str, cache: Path) -> None:
    config = load_text("extends: base.yaml\n", cache=cache, base=small)
    config.sources[1].unlink()
    with pytest.raises(Exception, match=r"'base\.yaml' does not exist"):
        load(config.path, cache=cache)


def test_mistakes_are_not_kept(load_text: Any, small: str, cache: Path) -> None:
    for _ in range(2):
        with pytest.raises(ConfigError):
            load_text(small + "nonsense: 1\n", cache=cache)
    assert not list(cache.glob("*"))


@pytest.mark.parametrize("damage", [b"", b"{}", b"nonsense\n{}"])
def test_a_damaged_entry_is_no_entry(load_text: Any, small: str, cache: Path, damage: bytes) -> None:
    plain = load_text(small, cache=cache)
    (entry,) = cache.iterdir()
    entry.write_bytes(damage)
    assert same(load_text(small, cache=cache), plain)
    assert entry.read_bytes() != damage


def test_every_flipped_bit_is_seen(load_text: Any, small: str, cache: Path) -> None:
    from restrike.config import kept

    path = load_text(small, cache=cache).path
    (entry,) = cache.iterdir()
    whole = entry.read_bytes()
    for position in range(0, len(whole), 7):
        entry.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        assert kept.read(entry, path) is None
    entry.write_bytes(whole)
    assert kept.read(entry, path) is not None


def test_a_cache_that_cannot_be_written_is_no_error(load_text: Any, small: str, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    assert load_text(small, cache=tmp_path / "cache").name == "small"


def test_other_rules_make_other_entries(
    load_text: Any, small: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from restrike.config import kept

    load_text(small, cache=cache)
    monkeypatch.setattr(kept, "__version__", "99")
    load_text(small, cache=cache)
    assert len(list(cache.iterdir())) == 2
