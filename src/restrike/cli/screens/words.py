"""Values as people read them."""

from __future__ import annotations

import math
import time
from typing import Any

ABSENT = "–"
SHORT = 12  # characters of a digest or run ID that are shown; any unique beginning is accepted


def short(identity: str | None) -> str:
    return identity[:SHORT] if identity else ABSENT


def number(value: Any) -> str:
    """Return a measured number with four decimals, or four significant digits where those would say nothing."""
    if value is None:
        return ABSENT
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int) or not math.isfinite(value):
        return str(value)
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e5 else f"{value:.4g}"


def change(before: Any, after: Any) -> str:
    """Return how far a number moved, with its sign; nothing where one of them is missing."""
    if not isinstance(before, (int, float)) or not isinstance(after, (int, float)):
        return ""
    delta = after - before
    if delta == 0:
        return "="
    return f"{delta:+.4f}" if abs(delta) >= 5e-5 else f"{delta:+.1e}"


def interval(bounds: Any) -> str:
    """Return a confidence interval; nothing where there is none."""
    if not bounds or bounds[0] is None or bounds[1] is None:
        return ""
    return f"[{number(bounds[0])}, {number(bounds[1])}]"


def exact(value: Any) -> str:
    """Return a value of a configuration so that two different ones never look the same: a text "1" is quoted."""
    import json

    written = json.dumps(value, ensure_ascii=False)
    return value if isinstance(value, str) and value.strip() == value and not _reads_otherwise(value) else written


def _reads_otherwise(text: str) -> bool:
    """Say whether a text without quotes would be taken for a number, a boolean, null, a list or a mapping."""
    if not text or text.lower() in ("true", "false", "null", "~") or text[0] in '[{"':
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True


def seconds(value: Any) -> str:
    if value is None:
        return ABSENT
    if value < 0.1:
        return f"{value * 1000:.0f} ms"
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def size(value: int | None) -> str:
    if value is None:
        return ABSENT
    amount = float(value)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def when(moment: float | str | None) -> str:
    """Return a time in the user's own time zone, to the minute."""
    if moment is None:
        return ABSENT
    if isinstance(moment, str):
        return moment[:16].replace("T", " ")
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))


def counted(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
