"""A run reproduces from whatever state a project's folder is in, once nothing of that state is left."""

import os
import shutil
import subprocess

import pytest

ONE_STEP = """
restrike: 1
name: one
seed: 3
steps:
  only: {use: "steps:only"}
"""


def reproduces(user, run, **more):
    """Check that a run has ended well and reproduces byte for byte; return the verdict."""
    assert run["status"] == "finished"
    verdict = user.reproduce(run["run"], **more)
    assert verdict["verdict"] == "identical"
    return verdict


def got(user, address):
    """Return an artifact's text without its spaces."""
    return user.types("get", address, "-o", "-").out.replace(" ", "")


def commit(user, *paths):
    user.git("add", "-A", *paths)
    user.git("commit", "-q", "-m", "another")


def test_a_dirty_tree_with_an_untracked_module(small):
    """The dirtiest ordinary case: staged, unstaged, untracked and removed at once."""
    small.writes({"helper.py": "OFFSET = 5\n", "staged.py": "ADDED = 7\n", "unused.py": "1\n"})
    small.git("add", "staged.py", "unused.py")
    small.git("commit", "-q", "-m", "second", "--", "unused.py")
    (small.project / "unused.py").unlink()
    text = (small.project / "steps.py").read_text()
    changed = text.replace('"sum": sum(doubled) + offset', '"sum": sum(doubled) + offset + OFFSET + ADDED')
    assert changed != text
    small.writes({"steps.py": "from helper import OFFSET\nfrom staged import ADDED\n" + changed})
    run = small.run()
    assert '"sum":25' in got(small, "@last:total")
    shown = small.types("--json", "show", "@last").json
    assert shown["code"]["dirty"]
    assert "+OFFSET = 5" in shown["patch"]
    assert "+ADDED = 7" in shown["patch"]
    small.git("reset", "-q", "--hard")
    small.git("clean", "-fdq")
    assert not (small.project / "helper.py").exists()
    reproduces(small, run)


def test_no_git_repository(user):
    user.writes({"restrike.yaml": ONE_STEP, "steps.py": "import lib.two\ndef only(): return lib.two.TWO\n"})
    user.writes({"lib/__init__.py": "", "lib/two.py": "TWO = 2\n"})
    run = user.run()
    code = user.types("--json", "show", "@last").json["code"]
    assert (code["head"], code["branch"]) == (None, None)
    shutil.rmtree(user.project / "lib")
    (user.project / "steps.py").unlink()
    reproduces(user, run)
    assert not (user.project / ".git").exists()


def test_a_repository_without_a_commit(user):
    user.writes({"restrike.yaml": ONE_STEP, "steps.py": "def only(): return 2\n"})
    user.git("init", "-q")
    run = user.run()
    (user.project / "steps.py").unlink()
    reproduces(user, run)


def test_a_detached_head(small):
    first = small.git("rev-parse", "HEAD").strip()
    small.writes({"steps.py": "def double(numbers): return 1\ndef total(doubled, offset): return 2\n"})
    commit(small)
    small.git("checkout", "-q", first)
    run = small.run()
    code = small.types("--json", "show", "@last").json["code"]
    assert (code["detached"], code["branch"], code["head"]) == (True, None, first)
    small.git("checkout", "-q", "-")
    reproduces(small, run)


def test_submodules_with_dirty_files(small, tmp_path):
    library = tmp_path / "library"
    library.mkdir()
    (library / "__init__.py").write_text("from library.inner import VALUE\n")
    (library / "inner.py").write_text("VALUE = 1\n")
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "library"]):
        subprocess.run(["git", *words], cwd=library, env=small.variables, check=True)
    small.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "library")
    commit(small)
    pinned = small.git("-C", "library", "rev-parse", "HEAD").strip()
    text = (small.project / "steps.py").read_text().replace("+ offset", "+ offset + VALUE + extra.EXTRA")
    small.writes({"library/inner.py": "VALUE = 50\n", "library/extra.py": "EXTRA = 100\n"})
    small.writes({"steps.py": "from library import VALUE\nfrom library import extra\n" + text})
    run = small.run()
    shown = small.types("--json", "show", "@last").json
    assert shown["code"]["submodules"] == {"library": pinned}
    assert "+VALUE = 50" in shown["patch"]
    shutil.rmtree(small.project / "library")
    shutil.rmtree(library)
    reproduces(small, run)
    assert '"sum":163' in got(small, "@last:total")


def test_links_are_kept_as_links(user, tmp_path):
    """To a module, to a folder, out of the project, and to nothing."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("outside")
    user.writes(
        {
            "restrike.yaml": ONE_STEP,
            "real/module.py": "from pathlib import Path\nNAME = Path(__file__).name\n",
            "steps.py": """
import os
from linked import NAME
from folder.module import NAME as AGAIN

def only():
    return {
        "names": [NAME, AGAIN],
        "links": {name: os.readlink(name) for name in ("linked.py", "folder", "dangling")},
        "outside": os.path.exists("out"),
    }
""",
        }
    )
    links = {"linked.py": "real/module.py", "folder": "real", "dangling": "nowhere", "out": outside}
    for name, target in links.items():
        os.symlink(target, user.project / name)
    run = user.run("--set", "seal=warn")
    assert [finding["subject"] for finding in run["findings"]] == ["out"]
    text = got(user, "@last:only")
    assert '"names":["linked.py","module.py"]' in text
    assert '"outside":false' in text
    for name in links:
        (user.project / name).unlink()
    shutil.rmtree(user.project / "real")
    reproduces(user, run)


def test_a_project_behind_a_link(small, tmp_path):
    alias = tmp_path / "alias"
    os.symlink(small.project, alias)
    run = small.types("--json", "run", cwd=alias).json
    assert {step["state"] for step in small.run()["steps"]} == {"reused"}
    reproduces(small, run, cwd=alias)


STRANGE = "Größe & co/ein Projekt"


def test_spaces_and_umlauts_in_every_name(user, tmp_path):
    project = tmp_path / STRANGE
    project.mkdir(parents=True)
    user.project = project
    user.writes(
        {
            "restrike.yaml": """
restrike: 1
name: strange
data:
  zahlen: "meine daten/zähler 1.csv"
  ordner: "ein ordner"
steps:
  lesen: {use: "schöne_schritte:lesen", inputs: {zahlen: data.zahlen, ordner: data.ordner}}
  command:
    run: ["python", "mein skript ü.py", "{inputs.zahlen}", "aus gabe/größe.txt"]
    inputs: {zahlen: data.zahlen}
    outputs: {groesse: "aus gabe/größe.txt"}
""",
            "schöne_schritte.py": """
from pathlib import Path

def lesen(zahlen: Path, ordner: Path):
    return {"zahlen": zahlen.read_text(), "ordner": sorted(path.name for path in ordner.iterdir())}
""",
            "mein skript ü.py": """
import sys
from pathlib import Path
source, target = map(Path, sys.argv[1:])
target.parent.mkdir(exist_ok=True)
target.write_text(f"{source.name} {len(source.read_bytes())} " + Path("meine daten/zähler 1.csv").read_text())
""",
            "meine daten/zähler 1.csv": "1\n2\n",
            "ein ordner/a ä.txt": "a",
            "ein ordner/'quote\" \\.txt": "b",
        }
    )
    user.git("init", "-q")
    commit(user)
    user.writes({"nicht verfolgt ß.py": "X = 1\n"})
    run = user.run()
    assert "nicht verfolgt ß.py" in user.types("show", "@last").out
    for path in project.iterdir():
        if path.name not in (".restrike", ".git", "restrike.yaml"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    reproduces(user, run)


def test_a_worktree(small, tmp_path):
    other = tmp_path / "other tree"
    small.git("worktree", "add", "-q", "-b", "feature", str(other))
    before = sorted(path.name for path in small.project.iterdir())
    (other / "steps.py").write_text((small.project / "steps.py").read_text().replace("2 *", "3 *"))
    small.project = other
    run = small.run()
    assert small.types("--json", "show", "@last").json["code"]["branch"] == "feature"
    small.git("checkout", "-q", "--", ".")
    reproduces(small, run)
    assert sorted(path.name for path in (tmp_path / "project").iterdir()) == before


def test_a_project_in_a_subfolder_of_a_repository(small, tmp_path):
    """Only the project's own folder is code; what lies beside it in the repository is not."""
    inner = small.project / "ml" / "model"
    inner.mkdir(parents=True)
    for name in ("restrike.yaml", "steps.py", "data"):
        (small.project / name).rename(inner / name)
    small.writes({"beside.py": "1\n"})
    commit(small)
    small.project = inner
    run = small.run()
    head = small.git("rev-parse", "HEAD").strip()
    assert small.types("--json", "show", "@last").json["code"]["head"] == head
    (tmp_path / "project" / "beside.py").write_text("2\n")
    assert {step["state"] for step in small.run()["steps"]} == {"reused"}
    shutil.rmtree(inner / "data")
    (inner / "steps.py").write_text("")
    reproduces(small, run)
    assert (inner / ".restrike").is_dir()
    assert not (tmp_path / "project" / ".restrike").exists()


def test_a_file_that_is_edited_while_the_run_goes_on(user):
    """Steps see the snapshot: a step that starts after the edit executes what was captured."""
    user.writes(
        {
            "restrike.yaml": """
restrike: 1
name: edited
steps:
  first: {use: "steps:first"}
  second: {use: "late:second", inputs: {value: first}}
""",
            "steps.py": "import time\ndef first():\n    time.sleep(1.5)\n    return 1\n",
            "late.py": "def second(value): return 'captured'\n",
        }
    )
    words = [str(shutil.which("restrike", path=user.variables["PATH"])), "--json", "run"]
    with subprocess.Popen(
        words, cwd=user.project, env=user.variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        for line in running.stderr:
            if "capturing" in line:
                break
        while not any(path.suffix == ".json" for path in user.project.glob(".restrike/ledger/*/*")):
            assert running.poll() is None
        user.writes({"late.py": "def second(value): return 'edited'\n"})
        running.communicate(timeout=60)
    assert running.returncode == 0
    assert "captured" in got(user, "@last:second")
    assert user.reproduce()["verdict"] == "identical"


@pytest.fixture
def own_env(user, bare_env):
    """Give somebody's project an environment of its own in `.venv`, ignored by git; return its site-packages."""
    del user.variables["VIRTUAL_ENV"]
    shutil.copytree(bare_env, user.project / ".venv", symlinks=True)
    user.writes({".gitignore": ".venv/\n"})
    return next((user.project / ".venv" / "lib").glob("python*/site-packages"))


PACKAGE = {
    "own/__init__.py": 'from importlib.metadata import version\n__version__ = version("own-project")\n',
    "own/steps.py": """
import sys
from own import __version__

def only():
    return f"{__version__} {__file__}"

def main():
    with open("made.txt", "w") as stream:
        stream.write(only() + " " + " ".join(sys.argv[1:]))

if __name__ == "__main__":
    main()
""",
    "scripts/call.py": "from own.steps import main\nmain()\n",
    "restrike.yaml": """
restrike: 1
name: own
steps:
  function: {use: "own.steps:only"}
  module: {run: "python -m own.steps a", outputs: {made: made.txt}}
  script: {run: "python scripts/call.py b", outputs: {made: made.txt}}
  entry: {run: "own-tool c", outputs: {made: made.txt}}
""",
}


def installed_editable(user, site, layout, style):
    """Install the project as the build backend `style` does it in editable mode."""
    root = user.project / layout
    moved = {
        f"{layout}/{name}" if layout != "." and name.startswith("own/") else name: PACKAGE[name] for name in PACKAGE
    }
    user.writes(moved)
    info = {
        "METADATA": "Metadata-Version: 2.1\nName: own-project\nVersion: 1.2\n",
        "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "entry_points.txt": "[console_scripts]\nown-tool = own.steps:main\n",
        "direct_url.json": f'{{"url": "{user.project.as_uri()}", "dir_info": {{"editable": true}}}}',
        "INSTALLER": "uv",
    }
    files = {f"own_project-1.2.dist-info/{name}": text for name, text in info.items()}
    if style == "hatchling":
        files["_editable_impl_own_project.pth"] = f"{root}\n"
    elif style == "setuptools path":
        files["__editable__.own_project-1.2.pth"] = f"{root}\n"
    else:
        files["__editable__.own_project-1.2.pth"] = "import __editable___own_project_1_2_finder\n"
        files["__editable___own_project_1_2_finder.py"] = FINDER.format(own=str(root / "own"))
    rows = [f"{name},," for name in [*files, "own_project-1.2.dist-info/RECORD"]] + ["../../../bin/own-tool,,"]
    files["own_project-1.2.dist-info/RECORD"] = "\n".join(rows) + "\n"
    for name, text in files.items():
        (site / name).parent.mkdir(exist_ok=True)
        (site / name).write_text(text)
    tool = user.project / ".venv" / "bin" / "own-tool"
    tool.write_text(f"#!{user.project}/.venv/bin/python\nimport sys\nfrom own.steps import main\nsys.exit(main())\n")
    tool.chmod(0o755)


FINDER = """
import sys
from importlib.machinery import PathFinder
from importlib.util import spec_from_file_location
MAPPING: dict[str, str] = {{'own': '{own}'}}

class _Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name in MAPPING:
            place = MAPPING[name]
            return spec_from_file_location(name, place + "/__init__.py", submodule_search_locations=[place])

sys.meta_path.append(_Finder)
"""


@pytest.mark.parametrize(
    ("layout", "style"), [("src", "hatchling"), (".", "setuptools finder"), ("python", "setuptools path")]
)
def test_a_project_installed_editable_in_its_own_environment(user, own_env, layout, style):
    """Its code is the snapshot's, for functions and commands; its version and its programs are there, too."""
    installed_editable(user, own_env, layout, style)
    user.git("init", "-q")
    commit(user)
    native = subprocess.run(
        [user.project / ".venv/bin/python", "scripts/call.py", "b"], cwd=user.project, capture_output=True, check=False
    )
    assert native.returncode == 0, native.stderr
    (user.project / "made.txt").unlink()
    run = user.run()
    place = f"/project/{layout}/own/steps.py".replace("/./", "/")
    for step, argument in (("module.made", " a"), ("script.made", " b"), ("entry.made", " c")):
        assert user.types("get", f"@last:{step}", "-o", "-").out == f"1.2 {place}{argument}"
    shutil.rmtree(user.project / ".venv")
    for name in ("own", "src", "python", "scripts"):
        shutil.rmtree(user.project / name, ignore_errors=True)
    user.writes({".venv/nothing": ""})
    reproduces(user, run)
