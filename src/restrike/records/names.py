"""From what people write to a run ID: a unique prefix, `@last`, `@last~2` or an alias."""

from __future__ import annotations

import difflib
import re

from restrike.base.errors import RestrikeError
from restrike.records.ledger import Ledger

SHOWN = 12  # characters of a run ID in output
_LAST = re.compile(r"@last(?:~(\d+))?")
_PREFIX = re.compile(r"[a-z2-7]{1,52}")


class UnknownRun(RestrikeError):
    """No recorded run has this ID, prefix or alias."""

    code = "R702"


class AmbiguousRun(RestrikeError):
    """Several recorded runs begin with this prefix."""

    code = "R703"


class BadAlias(RestrikeError):
    """A name cannot be an alias, since it could be taken for a run ID or an address."""

    code = "R704"


def resolve(ledger: Ledger, text: str) -> str:
    """Return the whole ID of the run that `text` means."""
    if last := _LAST.fullmatch(text):
        return _nth_last(ledger, int(last[1] or 0), text)
    if alias := aliases(ledger).get(text):
        return alias
    if _PREFIX.fullmatch(text):
        found = ledger.index.query("SELECT run FROM runs WHERE run >= ? AND run < ? LIMIT 6", text, text + "~")
        if len(found) == 1:
            return str(found[0]["run"])
        if found:
            shown = ", ".join(row["run"][:SHOWN] for row in found[:5]) + (", ..." if len(found) > 5 else "")
            raise AmbiguousRun(f"'{text}' could be any of {shown}", hint="give more characters of the run ID")
    raise _unknown(ledger, text)


def aliases(ledger: Ledger) -> dict[str, str]:
    """Return every alias with the run it means now."""
    rows = ledger.index.query("SELECT name, run FROM aliases ORDER BY time, record")
    return {row["name"]: row["run"] for row in rows}


def check_alias(name: str) -> None:
    """Raise BadAlias unless a name may be an alias."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", name):
        raise BadAlias(f"'{name}' cannot be an alias", hint="use a letter, then letters, digits, '_', '-' or '.'")
    if _PREFIX.fullmatch(name) and len(name) >= SHOWN:
        raise BadAlias(f"'{name}' looks like a run ID", hint="choose a shorter name, or one with a '-'")


def _nth_last(ledger: Ledger, back: int, text: str) -> str:
    found = ledger.index.query("SELECT run FROM runs ORDER BY started DESC, run LIMIT 1 OFFSET ?", back)
    if not found:
        count = ledger.index.query("SELECT COUNT(*) AS n FROM runs")[0]["n"]
        known = "there is 1 run" if count == 1 else f"there are {count} runs"
        what = "there are no runs yet" if not count else f"'{text}' goes back too far: {known}"
        raise UnknownRun(what, hint="restrike runs" if count else "restrike run")
    return str(found[0]["run"])


def _unknown(ledger: Ledger, text: str) -> UnknownRun:
    rows = ledger.index.query("SELECT run FROM runs ORDER BY started DESC LIMIT 500")
    names = [row["run"][: max(SHOWN, len(text))] for row in rows] + list(aliases(ledger))
    near = difflib.get_close_matches(text, names, n=1, cutoff=0.7)
    what = f"no run is called '{text}'" + (f"; did you mean '{near[0]}'?" if near else "")
    lost = len(ledger.index.damaged)
    details = (f"{lost} records of the ledger are damaged; what they hold is not known",) if lost else ()
    return UnknownRun(what, hint="restrike store check" if lost else "restrike runs", details=details)
