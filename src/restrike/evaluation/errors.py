"""What a person must understand about metrics and slices; shown as a message, never as a traceback."""

from __future__ import annotations


class EvaluationError(Exception):
    """What was asked of the evaluation cannot be done. `hint` says what to do about it."""

    restrike_message = True

    def __init__(self, message: str, hint: str | None = None):
        super().__init__(message)
        self.message, self.hint = message, hint


class MetricError(EvaluationError):
    """A metric that does not exist, or that the model gives no numbers for."""


class SliceError(EvaluationError):
    """A slice that cannot be cut from these rows."""


class ExpressionError(SliceError):
    """A `where` expression that cannot be read, or does not fit the columns; `position` counts characters from 0."""

    def __init__(self, message: str, position: int, hint: str | None = None):
        super().__init__(message, hint)
        self.position = position
