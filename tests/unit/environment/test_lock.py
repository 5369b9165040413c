from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from restrike.base import digest
from restrike.environment import Environment, completed, lock
from restrike.environment import uv as uv_program
from restrike.environment.errors import LockFailed
from restrike.environment.requirements import parse

Make = Callable[..., Path]
Capture = Callable[..., Environment]


@pytest.fixture
def found(real_venv: Path, captured: Capture) -> Environment:
    return captured(real_venv)


def test_what_is_installed_is_pinned_with_hashes_and_no_address(found: Environment, project: Path) -> None:
    made = lock(found, project=project, offline=False)
    assert (made.complete, made.missing, made.source, made.wheels) == (True, (), "installed", ())
    pins = parse(made.text)
    assert {name: pin.version for name, pin in pins.items()} == {
        name: entry["version"] for name, entry in found.document["distributions"].items()
    }
    assert all(pin.hashes for pin in pins.values())
    assert re.fullmatch(r"([a-z-]+==[0-9.]+( \\\n    --hash=sha256:[0-9a-f]{64})+\n)+", made.text)


def test_a_lock_is_looked_up_once(found: Environment, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = lock(found, project=project, offline=False)
    monkeypatch.setattr(uv_program, "call", lambda *_, **__: pytest.fail("uv was started"))
    assert lock(found, project=project) == first
    with pytest.raises(pytest.fail.Exception):
        lock(replace(found, identity="0" * 64), project=project)


def test_no_address_from_the_projects_settings_gets_into_the_lock(found: Environment, project: Path) -> None:
    (project / "uv.toml").write_text(f'find-links = ["file://{project}/private"]\n')
    (project / "private").mkdir()
    assert "private" not in lock(found, project=project, offline=False).text


def test_a_version_in_no_index_is_missing_by_name(
    real_venv: Path, captured: Capture, project: Path, site: Callable[[Path], Path]
) -> None:
    for name, version in (("click", "8.1.8+local"), ("packaging", "999.0")):
        (info,) = site(real_venv).glob(f"{name}-*.dist-info")
        metadata = info / "METADATA"
        metadata.write_text(re.sub(r"(?m)^Version: .*$", f"Version: {version}", metadata.read_text(), count=1))
    made = lock(captured(real_venv), project=project)
    assert not made.complete
    assert "click==8.1.8+local: a local version, which no index known here has" in made.missing
    assert any(
        re.match(r"packaging==999\.0: (no index known here has this version|not in uv's cache)", one)
        for one in made.missing
    )
    assert set(parse(made.text)) == {"six"}
    assert "packaging==999.0: 1 of its files was changed after it was installed; reinstall it" in made.missing


def test_offline_what_uv_has_not_cached_is_missing_and_asked_again_online(
    found: Environment, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("UV_CACHE_DIR", str(tmp_path / "empty"))
        made = lock(found, project=project)
    assert made.missing == tuple(
        f"{name}: not in uv's cache" for name in ("click==8.1.8", "packaging==24.2", "six==1.17.0")
    )
    assert (made.text, made.complete) == ("", False)
    assert lock(found, project=project) == made  # for a while
    assert lock(found, project=project, offline=False).complete


def test_looking_up_gives_up_before_it_costs_seconds(
    found: Environment, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty"))
    one = found.distributions[0]
    many = tuple(replace(one, name=f"package-{number:02}") for number in range(20))
    made = lock(replace(found, distributions=many), project=project)
    assert len(made.missing) == 20
    assert sum(why.endswith("not looked up, after 12 others were not in uv's cache") for why in made.missing) == 8


@pytest.mark.parametrize("where", ["requirements.txt", "requirements/run.txt"])
def test_the_projects_own_lock_is_used_if_it_pins_what_is_installed(
    found: Environment, project: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "".join(
        f"{name.upper()}=={entry['version']} --hash=sha256:{number:064}\n"
        for number, (name, entry) in enumerate(found.document["distributions"].items())
    )
    path = project / where
    path.parent.mkdir(exist_ok=True)
    path.write_text("-i https://index.example/simple\n" + text + 'colorama==1 ; sys_platform == "win32"\n')
    monkeypatch.setattr(uv_program, "call", lambda *_, **__: pytest.fail("uv was started"))
    made = lock(found, project=project)
    assert (made.source, made.complete) == ("requirements", True)
    assert parse(made.text)["click"].hashes == {f"sha256:{0:064}"}
    assert "index.example" not in made.text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("click==8.1.8", "click==8.1.7"),
        ("click==8.1.8", "# "),
        ("click==8.1.8", "other==1\nclick==8.1.8"),
        ("--hash", "#"),
    ],
)
def test_a_project_lock_that_pins_something_else_is_passed_over(
    found: Environment, project: Path, old: str, new: str
) -> None:
    text = lock(found, project=project, offline=False).text
    (project / "requirements.txt").write_text(text.replace(old, new))
    assert lock(found, project=project, offline=False).source == "installed"
    (project / "requirements.txt").write_text(text)
    assert lock(found, project=project, offline=False).source == "requirements"


def test_a_uv_lock_is_used_if_it_pins_what_is_installed(found: Environment, project: Path) -> None:
    pins = ", ".join(f'"{name}=={entry["version"]}"' for name, entry in found.document["distributions"].items())
    (project / "pyproject.toml").write_text(
        f'[project]\nname = "mine"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = [{pins}]\n'
    )
    for offline in (True, False):
        if uv_program.call(["lock"], folder=project, offline=offline).ok:
            break
    made = lock(found, project=project)
    assert (made.source, made.complete) == ("uv.lock", True)
    assert set(parse(made.text)) == set(found.document["distributions"])


def test_a_local_wheel_is_pinned_by_its_own_hash_and_named(
    venv: Make, wheel: Make, captured: Capture, project: Path
) -> None:
    package = wheel("thing", "1.0", {"thing.py": "x = 1\n"})
    environment = captured(venv("venv", package))
    made = lock(environment, project=project)
    assert (made.complete, made.wheels) == (True, (package,))
    assert parse(made.text)["thing"].hashes == {f"sha256:{digest.of_file(package)[0]}"}
    package.unlink()
    made = lock(environment, project=project)
    assert made.missing == (f"thing==1.0: the file it was installed from is gone: {package}",)


def test_what_has_no_way_back_is_missing_with_the_reason(
    real_venv: Path, captured: Capture, project: Path, site: Callable[[Path], Path], tmp_path: Path
) -> None:
    (info,) = site(real_venv).glob("click-*.dist-info")
    (info / "direct_url.json").write_text('{"url": "https://example.com/click.git", "vcs_info": {"vcs": "git"}}')
    (info,) = site(real_venv).glob("six-*.dist-info")
    (info / "direct_url.json").write_text('{"url": "file:///elsewhere/six", "dir_info": {}}')
    (site(real_venv) / "stray.py").write_text("x = 1\n")
    next(real_venv.rglob("packaging/tags.py")).write_text("x = 1\n")
    made = lock(captured(real_venv), project=project, offline=False)
    assert made.missing == (
        "(unowned)==0: no distribution declares it",
        "click==8.1.8: it is installed from a repository, not from an index",
        "packaging==24.2: 1 of its files was changed after it was installed; reinstall it",
        "six==1.17.0: it is installed from a folder outside the project",
    )
    assert set(parse(made.text)) == {"packaging"}


def test_what_uv_cannot_say_is_told_with_its_words(found: Environment, project: Path) -> None:
    (project / "uv.toml").write_text("index-url = 3\n")
    made = lock(found, project=project)
    assert [line.partition(": ")[0] for line in made.missing] == ["click==8.1.8", "packaging==24.2", "six==1.17.0"]
    assert all("uv could not look it up (" in line and "uv.toml" in line for line in made.missing)
    with pytest.raises(LockFailed) as raised:
        lock(found, project=project, offline=False)
    assert any("uv.toml" in line for line in raised.value.details)


def test_a_lock_that_lacks_something_is_completed_from_the_recorded_document(
    found: Environment, tmp_path: Path
) -> None:
    whole = lock(found, project=tmp_path, offline=False).text
    partial = whole[: whole.index("packaging==")]
    made = parse(completed(found.document, partial, folder=tmp_path))
    assert {name: pin.version for name, pin in made.items()} == {"click": "8.1.8", "packaging": "24.2", "six": "1.17.0"}
    assert all(pin.hashes for pin in made.values())


def test_what_no_index_can_have_is_not_asked_for(
    found: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uv_program, "call", lambda *_, **__: pytest.fail("uv was started"))
    entry = {"version": "0", "digest": "0" * 64}
    document = {**found.document, "distributions": {"(unowned)": entry, "six": entry}}
    assert completed(document, "", folder=tmp_path) == ""
    assert completed({**document, "distributions": {}}, "text", folder=tmp_path) == "text"
