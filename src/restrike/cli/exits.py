"""Exit statuses that tell a command's outcome, so that scripts need not read its output."""

from __future__ import annotations

RUN = {"finished": 0, "failed": 1, "blocked": 3, "interrupted": 130}
VERDICT = {"identical": 0, "equal": 0, "equivalent": 10, "different": 11, "could not judge": 20}
FOUND_WRONG = 1  # a check was carried out and found something wrong
FLINCHED = 11  # `check` found a step that minds a variation
