"""What a person must understand about metrics and slices; shown as a message, never as a traceback."""

from __future__ import annotations

from restrike.base.errors import RestrikeError


class EvaluationError(RestrikeError):
    """Predictions cannot be judged: rows lack truth or prediction, or a gate is about a part that is not evaluated."""

    code = "R661"
    restrike_message = True

    def __init__(self, message: str, hint: str | None = None):
        super().__init__(message, hint=hint)


class MetricError(EvaluationError):
    """A metric does not exist, or needs scores or labels that the model does not give."""

    code = "R662"


class SliceError(EvaluationError):
    """A slice cannot be cut from these rows: its column is missing, or does not hold what the slice needs."""

    code = "R663"


class ExpressionError(SliceError):
    """A `where` expression cannot be read, or does not fit the columns; `position` counts its characters from 0."""

    code = "R664"

    def __init__(self, message: str, position: int, hint: str | None = None):
        super().__init__(message, hint)
        self.position = position
