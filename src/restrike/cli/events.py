"""What the API reports while it works: phases, states of steps, lines of logs, notes and warnings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Event = dict[str, Any]
Progress = Callable[[Event], None]
