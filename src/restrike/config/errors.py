"""What is wrong with a configuration, told all at once and with its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from restrike.base.errors import RestrikeError
from restrike.config.tree import Place

MINIMAL = """\
# a small configuration
restrike: 1
data: {rows: data.csv}
train_on: rows
features: {numeric: [a, b]}
label: y
train: {use: "sklearn.linear_model:LogisticRegression"}
evaluate: {metrics: [accuracy]}"""


@dataclass(frozen=True)
class Problem:
    """One mistake in a configuration."""

    place: Place
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        return f"{self.place}  {self.message}"


class ConfigError(RestrikeError):
    """The configuration says something that restrike does not understand or cannot carry out."""

    code = "R101"

    def __init__(self, problems: Sequence[Problem], file: str):
        self.problems = tuple(problems)
        if len(self.problems) == 1:
            only = self.problems[0]
            super().__init__(only.message, where=str(only.place), hint=only.hint)
        else:
            hint = next((problem.hint for problem in self.problems if problem.hint), None)
            what = f"'{file}' has {len(self.problems)} problems"
            super().__init__(what, where=file, hint=hint, details=tuple(str(problem) for problem in self.problems))


class ConfigMissing(RestrikeError):
    """The configuration file, or one that it extends, does not exist."""

    code = "R102"


class ConfigUnreadable(RestrikeError):
    """The configuration file is there but cannot be read as text: a folder, no permission or not UTF-8."""

    code = "R103"


class ConfigSyntax(ConfigError):
    """The configuration file is not YAML, or uses what restrike leaves out of it (anchors, tags, merge keys)."""

    code = "R104"
