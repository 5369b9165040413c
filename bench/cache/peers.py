"""The tools that are compared, each with caching switched on in the way that its documentation shows first."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

from edits import Append, Edit, Replace
from tool import PRINT, STEPS, Tool

RESTRIKE_YAML = """\
restrike: 1
name: ices
data: {{sales: data/sales.csv}}
environment:
  env: {{pass: [ICE_REGION]}}
steps:
  sales:
    use: "sales:sales"
    inputs: {{data: data.sales}}
  model:
    use: "model:model"
    inputs: {{sales: sales}}
    params: {model}
  extras:
    use: "extras:extras"
    params: {extras}
  report:
    use: "report:report"
    inputs: {{sales: sales, model: model, extras: extras}}
"""
RUN = ("{python}", "run.py", "{results}")
DRIVE = ("{python}", "{folder}/drive.py", "{results}", "{executions}")
DVC_MAIN = """

if __name__ == "__main__":
    import json
    from pathlib import Path

    chosen = json.loads(Path("params.json").read_text())
    Path("out").mkdir(exist_ok=True)
    Path("out/{step}.json").write_text(json.dumps({call}))
"""
DVC_CALLS = {
    "sales": 'sales("data/sales.csv")',
    "model": 'model({sales}, **{{name: chosen[name] for name in ("weight", "seed", "area", "block")}})',
    "extras": 'extras(chosen["kind"])',
    "report": "report({sales}, {model}, {extras})",
}
MADE = {step: f'json.loads(Path("out/{step}.json").read_text())' for step in STEPS}
SCRIPTS = tuple(
    Append(f"{step}.py", DVC_MAIN.format(step=step, call=call.format(**MADE))) for step, call in DVC_CALLS.items()
)
POLICY = '''"""What a careful user declares: all of the project's own files."""

from pathlib import Path

from zenml.config import CachePolicy

OWN = ("*.py", "prices/*.*", "plugins/*.py", "data/*.csv")
POLICY = CachePolicy(file_dependencies=sorted(str(path) for pattern in OWN for path in Path().glob(pattern)))
'''
RESUMED = "a resumed run keeps the parameters of the run before"


def decorated(decorator: str, line: str) -> tuple[Edit, ...]:
    """Return the edits that import a decorator and put it above each step."""
    edits: list[Edit] = []
    for step in STEPS:
        edits.append(
            Replace(f"{step}.py", "from executions import executed\n", f"from executions import executed\n{line}\n")
        )
        edits.append(Replace(f"{step}.py", f"def {step}(", f"{decorator}\ndef {step}("))
    return tuple(edits)


def write_configuration(project: Path, parameters: Mapping[str, object]) -> None:
    """Write restrike.yaml with these parameters."""
    rest = dict(parameters)
    extras = {"kind": rest.pop("kind")}
    text = RESTRIKE_YAML.format(model=json.dumps(rest), extras=json.dumps(extras))
    (project / "restrike.yaml").write_text(text)


PLAIN = Tool("plain Python", "plain", "nothing is kept", RUN)
RESTRIKE = Tool(
    "restrike",
    "restrike",
    "nothing to switch on",
    DRIVE,
    adapt=(
        Replace("sales.py", "import csv\n", "import csv\nfrom pathlib import Path\n"),
        Replace("sales.py", "data: str", "data: Path"),
    ),
    counts=PRINT,
    own_python=False,
    write_parameters=write_configuration,
)
ZENML = Tool(
    "ZenML",
    "zenml",
    "`@step` and `@pipeline`; on by default",
    RUN,
    package="zenml",
    adapt=decorated("@step", "from zenml import step"),
    prepare=(("{bin}/zenml", "init"),),
    variables={"ZENML_ANALYTICS_OPT_IN": "false", "ZENML_LOGGING_VERBOSITY": "WARN"},
)
ZENML_FILES = dataclasses.replace(
    ZENML,
    variant="files declared",
    how="the same, with `CachePolicy(file_dependencies=...)`: every file of the project",
    adapt=(
        *decorated("@step(cache_policy=POLICY)", "from policy import POLICY\nfrom zenml import step"),
        Append("policy.py", POLICY),
    ),
)
REDUN = Tool(
    "redun",
    "redun",
    "`@task()` on each step; files passed as `File`",
    DRIVE,
    package="redun",
    adapt=(
        *decorated("@task()", 'from redun import File, task\n\nredun_namespace = "ices"'),
        Replace("sales.py", "data: str", "data: File"),
        Replace("sales.py", 'open(data, newline="")', "data.open()"),
    ),
)
HAMILTON = Tool(
    "Hamilton",
    "hamilton",
    "`driver.Builder().with_cache()`",
    RUN,
    package="apache-hamilton",
    variables={"HAMILTON_TELEMETRY_ENABLED": "false"},
)
HAMILTON_LOADER = dataclasses.replace(
    HAMILTON,
    variant="loading recomputed",
    how="the same, with `recompute` for the step that reads the file",
    adapt=(Replace("run.py", ".with_cache()", '.with_cache(recompute=["sales"])'),),
    always=frozenset({"sales"}),
)
METAFLOW = Tool(
    "Metaflow",
    "metaflow",
    "`resume`: it has no cache, but takes over what an earlier run made",
    DRIVE,
    package="metaflow",
    variables={"METAFLOW_USER": "ada", "METAFLOW_DEFAULT_METADATA": "local"},
    cannot={"parameter": RESUMED, "seed": RESUMED, "parameters-shifted": RESUMED},
)
DVC = Tool(
    "DVC",
    "dvc",
    "`dvc repro`; each stage declares its script, data and parameters",
    DRIVE,
    package="dvc",
    adapt=SCRIPTS,
    prepare=(("{bin}/dvc", "init", "--quiet"),),
    variables={"DVC_NO_ANALYTICS": "true"},
)
DVC_FOLDERS = dataclasses.replace(
    DVC,
    variant="folders declared",
    how="the same; each stage declares the folders of the source too",
    adapt=(
        *SCRIPTS,
        *(Replace("dvc.yaml", f"deps: [{step}.py", f"deps: [{step}.py, prices, plugins") for step in STEPS),
        Append(".dvcignore", "__pycache__\n"),
    ),
)
JOBLIB = Tool(
    "joblib",
    "joblib",
    "`@memory.cache` on each step",
    RUN,
    package="joblib",
    adapt=decorated("@memory.cache", "from cached import memory"),
)
COMPARED = (RESTRIKE, ZENML, ZENML_FILES, REDUN, HAMILTON, HAMILTON_LOADER, METAFLOW, DVC, DVC_FOLDERS, JOBLIB)
